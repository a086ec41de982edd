import { AppError, type FieldError } from '../common/app-error.js';
import { isCleanText } from '../common/compile-validator.js';
import { ID_MAX_LENGTH, INT32_MAX } from '../common/fields.js';
import { nextTurn } from './event-loop.js';
import { MAX_UPLOAD_SAMPLES, SAMPLES_PER_TURN } from './limits.js';
import { allocate, type SampleColumns, sortedByTime, VALUE_COLUMNS } from './sample-columns.js';

/** What a phone sent, checked and rounded to float32. */
export interface Upload {
  deviceId: string;
  /** How many samples were sent; of those with one timestamp only the last is in `samples`. */
  received: number;
  samples: SampleColumns;
}

/** More are not named: they are usually the same fault again and again. */
const MAX_FAULTS = 20;

/**
 * Reads a body with samples as rows or as columns. One bad sample refuses the whole upload: unlike a record of a push it
 * has no name under which the phone could find and mend it.
 */
export async function readUpload(body: unknown): Promise<Upload> {
  const { deviceId, samples, timestamp, ...columns } = body as Record<string, unknown>;
  if (!isId(deviceId)) throw invalid('deviceId', 'isId', ID_RULE);
  if (samples !== undefined && timestamp !== undefined)
    throw invalid('timestamp', 'eitherOr', 'send samples as rows or as columns, not both');
  if (!Array.isArray(samples ?? timestamp))
    throw invalid('samples', 'isArray', 'samples must be an array of samples (or timestamp one of times)');
  const source =
    samples === undefined ? columnSource(timestamp as unknown[], columns) : rowSource(samples as unknown[]);
  if (source.count > MAX_UPLOAD_SAMPLES)
    throw new AppError('request.too_large', {
      detail: `An upload may have at most ${MAX_UPLOAD_SAMPLES} samples; split it by time.`,
    });
  return { deviceId, received: source.count, samples: sortedByTime(await readSamples(source)) };
}

export const ID_RULE = `must be a text of 1 to ${ID_MAX_LENGTH} characters`;

/** Whether this can name a device or a session. */
export const isId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  Array.from(value).length <= ID_MAX_LENGTH &&
  isCleanText(value);

const invalid = (path: string, code: string, message: string) =>
  new AppError('request.invalid', { errors: [{ path, code, message }] });

/** Where the numbers come from: how each form of the body gives the value of a sample and names its place. */
interface Source {
  count: number;
  value(index: number, name: string): unknown;
  path(index: number, name: string): string;
  /** Set where the sample itself is missing. */
  isMissing?(index: number): boolean;
  faults: FieldError[];
}

const rowSource = (samples: unknown[]): Source => ({
  count: samples.length,
  value: (index, name) => (samples[index] as Record<string, unknown>)[name],
  path: (index, name) => (name === '' ? `samples.${index}` : `samples.${index}.${name}`),
  isMissing: (index) => typeof samples[index] !== 'object' || samples[index] === null,
  faults: [],
});

function columnSource(timestamp: unknown[], sent: Record<string, unknown>): Source {
  const columns: Record<string, unknown[]> = { timestamp };
  const faults: FieldError[] = [];
  for (const name of [...VALUE_COLUMNS, 'status']) {
    const column = sent[name] ?? null;
    columns[name] = Array.isArray(column) ? column : [];
    if (column !== null && columns[name].length !== timestamp.length)
      faults.push({
        path: name,
        code: 'length',
        message: `${name} must be an array of ${timestamp.length} values, as timestamp is, or null`,
      });
  }
  return {
    count: timestamp.length,
    value: (index, name) => columns[name][index],
    path: (index, name) => `${name}.${index}`,
    faults,
  };
}

async function readSamples(source: Source): Promise<SampleColumns> {
  const samples = allocate(source.count);
  const { faults } = source;
  for (let start = 0; start < source.count && faults.length < MAX_FAULTS; start += SAMPLES_PER_TURN) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + SAMPLES_PER_TURN, source.count);
    for (let i = start; i < end && faults.length < MAX_FAULTS; i++) readSample(source, i, samples);
  }
  if (faults.length > 0)
    throw new AppError('metrics.invalid_samples', { errors: faults.slice(0, MAX_FAULTS) });
  return samples;
}

/** By hand and in one pass: class-validator takes a hundred times as long. */
function readSample(source: Source, index: number, samples: SampleColumns): void {
  if (source.isMissing?.(index)) return refuse(source, index, '', 'isObject', 'an object');
  const timestamp = source.value(index, 'timestamp');
  // Adding 0 turns -0, which would sort as a time of its own, into 0.
  if (Number.isSafeInteger(timestamp)) samples.timestamp[index] = (timestamp as number) + 0;
  else refuse(source, index, 'timestamp', 'isInt', 'epoch milliseconds, an integer within ±2^53');
  for (const name of VALUE_COLUMNS) {
    const value = source.value(index, name);
    if (value === null || value === undefined) samples.values[name][index] = NaN;
    else if (typeof value === 'number' && Number.isFinite(Math.fround(value)))
      samples.values[name][index] = value;
    else refuse(source, index, name, 'isFloat', 'a finite 32-bit float, or null');
  }
  const status = source.value(index, 'status') ?? 0;
  if (isInt32(status)) samples.status[index] = status;
  else refuse(source, index, 'status', 'isInt', 'a 32-bit integer');
}

function refuse(source: Source, index: number, name: string, code: string, rule: string): void {
  const path = source.path(index, name);
  source.faults.push({ path, code, message: `${path} must be ${rule}` });
}

const isInt32 = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) <= INT32_MAX && (value as number) >= -INT32_MAX - 1;
