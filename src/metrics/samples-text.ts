import { float32Text } from './float32-text.js';
import { type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

/** About 150 KB of text, 1.5 ms of work: between two blocks the socket is drained and others have their turn. */
const SAMPLES_PER_BLOCK = 1_000;

/** `{"sessionId":…,"samples":[…]}` as the plan has it; every key of every sample, nulls included. */
export function* rowsText(sessionId: string, samples: SampleColumns): Generator<string> {
  yield `{"sessionId":${JSON.stringify(sessionId)},"samples":[`;
  for (let start = 0; start < samples.count; start += SAMPLES_PER_BLOCK)
    yield rowBlock(samples, start, Math.min(start + SAMPLES_PER_BLOCK, samples.count));
  yield ']}';
}

function rowBlock({ timestamp, values, status }: SampleColumns, start: number, end: number): string {
  const { position, positionB, velocity, velocityB, load, loadB, power } = values;
  let text = '';
  for (let i = start; i < end; i++)
    text +=
      `${i === 0 ? '' : ','}{"timestamp":${timestamp[i]},"position":${float32Text(position[i])}` +
      `,"positionB":${float32Text(positionB[i])},"velocity":${float32Text(velocity[i])}` +
      `,"velocityB":${float32Text(velocityB[i])},"load":${float32Text(load[i])},"loadB":${float32Text(loadB[i])}` +
      `,"power":${float32Text(power[i])},"status":${status[i]}}`;
  return text;
}

/** `{"sessionId":…,"timestamp":[…],"position":[…],…,"status":[…]}`: the same, less than half as long. */
export function* columnsText(sessionId: string, samples: SampleColumns): Generator<string> {
  yield `{"sessionId":${JSON.stringify(sessionId)}`;
  yield* columnText('timestamp', samples.timestamp, String);
  for (const name of VALUE_COLUMNS) yield* columnText(name, samples.values[name], float32Text);
  yield* columnText('status', samples.status, String);
  yield '}';
}

function* columnText(
  name: string,
  column: Float64Array | Float32Array | Int32Array,
  textOf: (value: number) => string,
): Generator<string> {
  yield `,"${name}":[`;
  for (let start = 0; start < column.length; start += SAMPLES_PER_BLOCK) {
    const block = Array.from(column.subarray(start, start + SAMPLES_PER_BLOCK), textOf);
    yield `${start === 0 ? '' : ','}${block.join(',')}`;
  }
  yield ']';
}
