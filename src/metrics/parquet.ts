import { gzipSync } from 'node:zlib';
import { type DecodedArray, type FileMetaData, parquetMetadata, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { nextTurn } from './event-loop.js';
import { fromInt64 } from './int64.js';
import { SAMPLES_PER_TURN } from './limits.js';
import { checkFooter, checkMetadata } from './parquet-check.js';
import { layoutOf, POWER_KEY, POWER_STEPS } from './parquet-layout.js';
import { pagesOf } from './parquet-pages.js';
import { POWER_FORMULAS, restorePower } from './power.js';
import { allocate, type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

/** Level 9 saves a thousandth, level 4 costs a hundredth; neither is measurably faster or slower here. */
const GZIP_LEVEL = 6;

/** Samples as one ordinary Parquet file, from which `unpack` gives back every bit. */
export async function pack(samples: SampleColumns): Promise<Buffer> {
  const { columns, metadata } = layoutOf(samples);
  const root: SchemaElement = { name: 'samples', num_children: columns.length };
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    // The writer would convert dates and decimals itself, one bigint at a time: it is told of them only at the end.
    schema: [root, ...columns.map(({ element }) => physical(element))],
    codec: 'GZIP',
    compressors: { GZIP: (page) => gzipSync(page, { level: GZIP_LEVEL }) },
    statistics: false,
    // Not an empty list, see below.
    kvMetadata: metadata.length > 0 ? metadata : undefined,
    createdBy: 'phoenix-portal',
  });
  for (let start = 0; start < samples.count; start += SAMPLES_PER_TURN) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + SAMPLES_PER_TURN, samples.count);
    const columnData = columns.map(({ element, encoding, data }) => ({
      name: element.name,
      encoding,
      data: data(start, end),
      offsetIndex: false,
    }));
    // One page per column: without a page size the writer does not measure every value.
    await file.write({ columnData, rowGroupSize: end - start, pageSize: 0 });
  }
  file.schema = [root, ...columns.map(({ element }) => element)];
  await file.finish();
  const bytes = Buffer.from(writer.getBuffer());
  return samples.count > 0 ? bytes : withTypedEmptyList(bytes);
}

/**
 * The writer gives an empty list no element type, which strict readers refuse. In the footer of a file without rows
 * `num_rows` (field 3: 0) is followed by `row_groups` (field 4: a list, empty), whose elements are structs.
 */
function withTypedEmptyList(bytes: Buffer): Buffer {
  const untyped = Buffer.from([0x16, 0x00, 0x19, 0x00]);
  bytes[bytes.lastIndexOf(untyped) + 3] = 0x0c;
  return bytes;
}

/** The samples of a file made by `pack`. `foreign`: that only claims to be; what it says is checked, and may throw. */
export function unpack(bytes: Buffer, { foreign = false } = {}): SampleColumns {
  if (foreign) checkFooter(bytes);
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  if (foreign) checkMetadata(metadata);
  const samples = allocate(Number(metadata.num_rows));
  const scales = new Map(metadata.schema.map(({ name, scale }) => [name, 10 ** (scale ?? 0)]));
  const steps = scales.has(POWER_STEPS) ? new Float32Array(samples.count) : null;
  const columns = new Map<string, Column | null>([
    ['timestamp', samples.timestamp],
    ['status', samples.status],
    [POWER_STEPS, steps],
    ...VALUE_COLUMNS.map((name) => [name, samples.values[name]] as const),
  ]);
  for (const { name, rowStart, values, defined } of pagesOf(bytes, metadata, { foreign })) {
    const column = columns.get(name);
    if (!column) continue;
    fill(column, values, rowStart, scales.get(name) ?? 1);
    if (defined) spread(column.subarray(rowStart, rowStart + defined.length), values.length, defined);
  }
  const formula = POWER_FORMULAS.find((known) => known === valueOf(metadata, POWER_KEY));
  if (formula) samples.values.power = restorePower(samples, { formula, steps });
  return samples;
}

const physical = ({ name, type, num_children, repetition_type }: SchemaElement): SchemaElement => ({
  name,
  type,
  num_children,
  repetition_type,
});

const valueOf = ({ key_value_metadata }: FileMetaData, key: string) =>
  key_value_metadata?.find((entry) => entry.key === key)?.value;

type Column = Float64Array | Float32Array | Int32Array;

/** One loop per kind of data: a shared one would look at the type of every number. */
function fill(column: Column, data: DecodedArray, offset: number, power: number): void {
  if (data instanceof BigInt64Array) fromInt64(data, column as Float64Array, offset);
  else if (power === 1) column.set(data as ArrayLike<number>, offset);
  else for (let i = 0; i < data.length; i++) column[offset + i] = (data as Int32Array)[i] / power;
}

/** The first `count` values to the places that have one, and NaN for null to the others; from the end, so in place. */
function spread(column: Column, count: number, defined: ArrayLike<number>): void {
  let next = count;
  for (let i = defined.length - 1; i >= 0 && next <= i; i--)
    column[i] = defined[i] === 0 ? NaN : column[--next];
}
