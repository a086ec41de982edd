import { gunzipSync, gzipSync } from 'node:zlib';
import { parquetRead } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { asFloat } from '../data/float.js';
import type { Sample } from '../data/samples.js';

const CHANNELS = ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'power'] as const;
const MAX_SCALE = 3;
const INT_LIMIT = 2 ** 30;

/** The power of ten by which every value becomes a whole number, or -1. */
function scaleOf(values: Float32Array): number {
  for (let scale = 0; scale <= MAX_SCALE; scale++) {
    const factor = 10 ** scale;
    const isWhole = (value: number) => {
      const whole = Math.round(value * factor);
      return Math.abs(whole) < INT_LIMIT && Math.fround(whole / factor) === value && !Object.is(value, -0);
    };
    if (values.every((value) => Number.isNaN(value) || isWhole(value))) return scale;
  }
  return -1;
}

const orNull = (values: Float32Array, map: (value: number) => number) =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : map(value)));

function columnOf(name: string, values: Float32Array) {
  const scale = scaleOf(values);
  const nullable = values.some(Number.isNaN);
  const common = { nullable, offsetIndex: false };
  if (scale < 0) {
    const data = nullable ? orNull(values, (value) => value) : values;
    return { name, data, type: 'FLOAT' as const, encoding: 'BYTE_STREAM_SPLIT' as const, ...common };
  }
  const factor = 10 ** scale;
  const whole = (value: number) => Math.round(value * factor);
  const data = nullable ? orNull(values, whole) : Int32Array.from(values, whole);
  const encoding = 'DELTA_BINARY_PACKED' as const;
  return { name: `${name}_${scale}`, data, type: 'INT32' as const, encoding, ...common };
}

/** @throws where a sample is none */
function check(samples: readonly Sample[]): void {
  for (const sample of samples) {
    if (!Number.isSafeInteger(sample.timestamp)) throw new Error('timestamp');
    for (const name of CHANNELS) {
      const value = sample[name] ?? 0;
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(name);
    }
  }
}

/** One Parquet file of the samples of a session, lossless for float32. */
export function packSeries(samples: readonly Sample[]): Buffer {
  check(samples);
  const channel = (name: (typeof CHANNELS)[number]) =>
    Float32Array.from(samples, (sample) => sample[name] ?? NaN);
  const timestamps = BigInt64Array.from(samples, ({ timestamp }) => BigInt(timestamp));
  const status = Int32Array.from(samples, (sample) => sample.status ?? 0);
  const fixed = { nullable: false, offsetIndex: false };
  const file = parquetWriteBuffer({
    codec: 'GZIP',
    compressors: { GZIP: (page) => gzipSync(page) },
    statistics: false,
    rowGroupSize: samples.length,
    columnData: [
      { name: 'timestamp', data: timestamps, type: 'INT64', encoding: 'DELTA_BINARY_PACKED', ...fixed },
      ...CHANNELS.map((name) => columnOf(name, channel(name))),
      { name: 'status', data: status, type: 'INT32', ...fixed },
    ],
  });
  return Buffer.from(file);
}

const DECIMALS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** The decimal of few digits that is this float32: most have one with few places, which is found without a text. */
function printed(value: number): number {
  for (const factor of DECIMALS) {
    const decimal = Math.round(value * factor) / factor;
    if (Math.fround(decimal) === value) return decimal;
  }
  return asFloat(value);
}

/** The samples of a file as JSON. */
export async function seriesJson(sessionId: string, bytes: Buffer): Promise<string> {
  const columns = new Map<string, ArrayLike<number | bigint | null>>();
  await parquetRead({
    file: {
      byteLength: bytes.byteLength,
      slice: (from, to) =>
        bytes.buffer.slice(
          bytes.byteOffset + from,
          bytes.byteOffset + (to ?? bytes.byteLength),
        ) as ArrayBuffer,
    },
    compressors: { GZIP: (page) => gunzipSync(page) },
    onChunk: ({ columnName, columnData }) => columns.set(columnName, columnData as ArrayLike<number>),
  });
  const texts = CHANNELS.map((name) => channelTexts(name, columns));
  const timestamps = columns.get('timestamp') as ArrayLike<bigint>;
  const status = columns.get('status') as ArrayLike<number>;
  const rows = Array.from({ length: timestamps.length }, (_, i) => {
    const values = CHANNELS.map((name, place) => `"${name}":${texts[place][i]}`).join(',');
    return `{"timestamp":${timestamps[i]},${values},"status":${status[i]}}`;
  });
  return `{"sessionId":${JSON.stringify(sessionId)},"samples":[${rows.join(',')}]}`;
}

function channelTexts(
  name: string,
  columns: ReadonlyMap<string, ArrayLike<number | bigint | null>>,
): string[] {
  const plain = columns.get(name);
  if (plain !== undefined)
    return Array.from(plain, (value) => (value === null ? 'null' : String(printed(Number(value)))));
  const [found] = [...columns].filter(([key]) => key.startsWith(`${name}_`));
  if (found === undefined) throw new Error(`the file has no ${name}`);
  const [key, whole] = found;
  const factor = 10 ** Number(key.slice(-1));
  return Array.from(whole, (value) => (value === null ? 'null' : String(Number(value) / factor)));
}
