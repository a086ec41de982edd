import { JsonWriter, LONGEST_NUMBER } from './json-writer.js';
import { type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

/** About 150 KB, 1 ms of work: between two blocks the socket is drained and others have their turn. */
const SAMPLES_PER_BLOCK = 1_000;

const key = (name: string) => Buffer.from(`,"${name}":`);
const COMMA = Buffer.from(',');
const ROW_START = Buffer.from('{"timestamp":');
const ROW_KEYS = VALUE_COLUMNS.map((name) => ({ name, key: key(name) }));
const STATUS_KEY = key('status');
const ROW_END = Buffer.from('}');
const ROW_BYTES =
  [COMMA, ROW_START, ...ROW_KEYS.map((value) => value.key), STATUS_KEY, ROW_END].reduce(
    (sum, text) => sum + text.length,
    0,
  ) +
  (VALUE_COLUMNS.length + 2) * LONGEST_NUMBER;

/** `{"sessionId":…,"samples":[…]}` as the plan has it; every key of every sample, nulls included. */
export function* rowsText(sessionId: string, samples: SampleColumns): Generator<Buffer> {
  yield Buffer.from(`{"sessionId":${JSON.stringify(sessionId)},"samples":[`);
  for (let start = 0; start < samples.count; start += SAMPLES_PER_BLOCK)
    yield rowBlock(samples, start, Math.min(start + SAMPLES_PER_BLOCK, samples.count));
  yield Buffer.from(']}');
}

function rowBlock({ timestamp, values, status }: SampleColumns, start: number, end: number): Buffer {
  const writer = new JsonWriter((end - start) * ROW_BYTES);
  for (let i = start; i < end; i++) {
    if (i > 0) writer.literal(COMMA);
    writer.literal(ROW_START);
    writer.integer(timestamp[i]);
    for (const { name, key } of ROW_KEYS) {
      writer.literal(key);
      writer.float32(values[name][i]);
    }
    writer.literal(STATUS_KEY);
    writer.integer(status[i]);
    writer.literal(ROW_END);
  }
  return writer.written();
}

/** `{"sessionId":…,"timestamp":[…],"position":[…],…,"status":[…]}`: the same, less than half as long. */
export function* columnsText(sessionId: string, samples: SampleColumns): Generator<Buffer> {
  yield Buffer.from(`{"sessionId":${JSON.stringify(sessionId)}`);
  yield* columnText('timestamp', samples.timestamp);
  for (const name of VALUE_COLUMNS) yield* columnText(name, samples.values[name]);
  yield* columnText('status', samples.status);
  yield ROW_END;
}

function* columnText(name: string, column: Float64Array | Float32Array | Int32Array): Generator<Buffer> {
  yield Buffer.from(`,"${name}":[`);
  for (let start = 0; start < column.length; start += SAMPLES_PER_BLOCK) {
    const block = column.subarray(start, start + SAMPLES_PER_BLOCK);
    const writer = new JsonWriter(block.length * (LONGEST_NUMBER + 1));
    for (let i = 0; i < block.length; i++) {
      if (start + i > 0) writer.literal(COMMA);
      if (block instanceof Float32Array) writer.float32(block[i]);
      else writer.integer(block[i]);
    }
    yield writer.written();
  }
  yield Buffer.from(']');
}
