import { gunzipSync } from 'node:zlib';
import type { ColumnMetaData, Encoding, FileMetaData } from 'hyparquet';
import type { parquetHeader } from 'hyparquet/src/column.js';
import { MAX_SERIES_SAMPLES } from './limits.js';

/*
 * The library reads files by well-meaning writers. A length that lies sends it round a loop for ever, or has it fill the
 * memory; so every length in a file that came from outside is looked at before the library sees it. Only what `pack`
 * writes passes.
 */

/** A thousand times what a footer of ours has for each column of a group. */
const FOOTER_MAX_BYTES = 128 * 1024;
const MAX_GROUPS = 1000;
const MAX_COLUMNS = 12;
const WIDTHS: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8 };

type Header = ReturnType<typeof parquetHeader>;

function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not a file of samples: ${what}`);
}

export function checkFooter(bytes: Buffer): void {
  demand(bytes.length >= 12, 'too short');
  const length = bytes.readUInt32LE(bytes.length - 8);
  demand(length <= Math.min(FOOTER_MAX_BYTES, bytes.length - 12), 'the length of the footer');
}

export function checkMetadata({ schema, num_rows, row_groups }: FileMetaData): void {
  const [root, ...columns] = schema;
  demand(columns.length <= MAX_COLUMNS && root.num_children === columns.length, 'columns');
  for (const { name, type, num_children, repetition_type } of columns) {
    demand(type !== undefined && type in WIDTHS && !num_children, `type of ${name}`);
    demand(name !== 'timestamp' || type === 'INT64', 'type of timestamp');
    demand(repetition_type === 'REQUIRED' || repetition_type === 'OPTIONAL', `repetition of ${name}`);
  }
  demand(
    columns.some(({ name }) => name === 'timestamp'),
    'no timestamp',
  );
  demand(row_groups.length <= MAX_GROUPS, 'groups');
  let rows = 0;
  for (const group of row_groups) {
    demand(group.num_rows >= 0n && group.columns.length === columns.length, 'columns of a group');
    for (const { meta_data } of group.columns)
      demand(
        meta_data !== undefined && meta_data.num_values === group.num_rows && meta_data.codec === 'GZIP',
        'values of a column',
      );
    rows += Number(group.num_rows);
  }
  demand(rows === Number(num_rows) && rows <= MAX_SERIES_SAMPLES, 'rows');
}

/** @param page as it lies in the file; `room`: rows of the column that are still to come */
export function checkPage(
  header: Header,
  page: Buffer,
  { type, optional, room }: { type: ColumnMetaData['type']; optional: boolean; room: number },
): void {
  demand(header.compressed_page_size === page.length, 'length of a page');
  const width = WIDTHS[type];
  const unpack = (packed: Buffer) =>
    gunzipSync(packed, { maxOutputLength: Math.max(1024, header.uncompressed_page_size) });
  const dictionary = header.dictionary_page_header;
  if (header.type === 'DICTIONARY_PAGE' && dictionary) {
    demand(dictionary.num_values >= 0 && dictionary.num_values <= MAX_SERIES_SAMPLES, 'a dictionary');
    demand(header.uncompressed_page_size <= MAX_SERIES_SAMPLES * width, 'size of a dictionary');
    demand(unpack(page).length >= dictionary.num_values * width, 'length of a dictionary');
    return;
  }
  const data = header.data_page_header_v2;
  demand(header.type === 'DATA_PAGE_V2' && data !== undefined, 'type of a page');
  const { num_values: rows, num_nulls: nulls, definition_levels_byte_length: levels } = data;
  demand(rows > 0 && rows <= room && nulls >= 0 && nulls <= rows, 'rows of a page');
  demand(data.repetition_levels_byte_length === 0 && data.is_compressed === true, 'form of a page');
  demand(levels >= 0 && levels <= page.length && (optional || levels === 0), 'levels of a page');
  // A page of values that pack badly is hardly larger than they are.
  demand(header.uncompressed_page_size <= 4096 + 2 * rows * width + levels, 'size of a page');
  if (optional) checkRuns(page.subarray(0, levels), 1, rows);
  checkValues(data.encoding, unpack(page.subarray(levels)), rows - nulls, width);
}

function checkValues(encoding: Encoding, values: Buffer, count: number, width: number): void {
  if (encoding === 'PLAIN' || encoding === 'BYTE_STREAM_SPLIT')
    demand(values.length >= count * width, 'length of values');
  else if (encoding === 'RLE_DICTIONARY') {
    demand(values.length > 0 && values[0] <= 20, 'width of indexes');
    checkRuns(values.subarray(1), values[0], count);
  } else if (encoding === 'DELTA_BINARY_PACKED') checkDeltas(values, count, width * 8);
  else demand(false, 'encoding');
}

/** The hybrid of runs and packed bits: as many as there have to be, and none that goes on beyond them. */
function checkRuns(bytes: Buffer, width: number, count: number): void {
  const reader = new Varints(bytes);
  let left = count;
  while (left > 0) {
    const header = reader.next(5);
    const length = Math.floor(header / 2);
    const packed = header % 2 === 1;
    const values = packed ? length * 8 : length;
    demand(values > 0 && values < left + (packed ? 8 : 1), 'a run');
    reader.skip(packed ? length * width : Math.ceil(width / 8));
    left -= values;
  }
}

function checkDeltas(bytes: Buffer, count: number, maxWidth: number): void {
  const reader = new Varints(bytes);
  const [block, minis, total] = [reader.next(5), reader.next(5), reader.next(5)];
  demand(block > 0 && block <= 65_536 && minis > 0 && minis <= 64 && total === count, 'deltas');
  const size = block / minis;
  demand(Number.isInteger(size) && size % 32 === 0, 'blocks of deltas');
  reader.next(10);
  for (let left = count - 1; left > 0;) {
    reader.next(10);
    const widths = reader.take(minis);
    for (const width of widths) {
      if (left <= 0) break;
      demand(width <= maxWidth, 'width of deltas');
      // The last may end where its values do.
      reader.skip(Math.min(size * width, Math.ceil((left * width) / 32) * 32) / 8, left < size);
      left -= size;
    }
  }
}

class Varints {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Of at most so many bytes. Beyond 2^53 the value is not exact, and not asked for. */
  next(most: number): number {
    let value = 0;
    for (let n = 0; n < most; n++) {
      demand(this.at < this.bytes.length, 'it ends within a number');
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** (7 * n);
      if (byte < 0x80) return value;
    }
    throw new Error('not a file of samples: a number that does not end');
  }

  take(count: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.skip(count);
    return taken;
  }

  skip(count: number, last = false): void {
    this.at += count;
    demand(last || this.at <= this.bytes.length, 'it ends too early');
  }
}
