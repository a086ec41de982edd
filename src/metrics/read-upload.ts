import { AppError, type FieldError } from '../common/app-error.js';
import { isCleanText } from '../common/compile-validator.js';
import { ID_MAX_LENGTH, INT32_MAX } from '../common/fields.js';
import { nextTurn } from './event-loop.js';
import { SAMPLES_PER_TURN } from './limits.js';
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
 * has no name under which the phone could find and mend it. That it has at most MAX_UPLOAD_SAMPLES was seen when the body came
 * in (http/json-bounds.ts).
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

/** Keys of a sample, in the order in which a source hands over their values. */
const KEYS = ['timestamp', ...VALUE_COLUMNS, 'status'] as const;
const STATUS = KEYS.length - 1;

/** Where the numbers come from: each form of the body hands over its samples and knows how their places are named. */
interface Source {
  count: number;
  /** Puts the values of a sample into the list; false if there is no sample. */
  read: (index: number, values: unknown[]) => boolean;
  path: (index: number, key: string) => string;
  faults: FieldError[];
}

const rowSource = (samples: unknown[]): Source => ({
  count: samples.length,
  read: (index, values) => {
    const sample = samples[index] as Record<string, unknown> | null;
    if (typeof sample !== 'object' || sample === null) return false;
    // One by one, each property is found at a known place; in a loop over the names each would be looked up.
    values[0] = sample.timestamp;
    values[1] = sample.position;
    values[2] = sample.positionB;
    values[3] = sample.velocity;
    values[4] = sample.velocityB;
    values[5] = sample.load;
    values[6] = sample.loadB;
    values[7] = sample.power;
    values[STATUS] = sample.status;
    return true;
  },
  path: (index, key) => (key === '' ? `samples.${index}` : `samples.${index}.${key}`),
  faults: [],
});

function columnSource(timestamp: unknown[], sent: Record<string, unknown>): Source {
  const faults: FieldError[] = [];
  const columns = KEYS.map((key) => {
    if (key === 'timestamp') return timestamp;
    const column = sent[key] ?? null;
    if (column === null) return [];
    if (Array.isArray(column) && column.length === timestamp.length) return column;
    const message = `${key} must be an array of ${timestamp.length} values, as timestamp is, or null`;
    faults.push({ path: key, code: 'length', message });
    return [];
  });
  return {
    count: timestamp.length,
    read: (index, values) => {
      for (let k = 0; k < columns.length; k++) values[k] = columns[k][index];
      return true;
    },
    path: (index, key) => `${key}.${index}`,
    faults,
  };
}

async function readSamples(source: Source): Promise<SampleColumns> {
  const samples = allocate(source.count);
  const targets = VALUE_COLUMNS.map((name) => samples.values[name]);
  const values: unknown[] = KEYS.map(() => null);
  const { faults } = source;
  for (let start = 0; start < source.count && faults.length < MAX_FAULTS; start += SAMPLES_PER_TURN) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + SAMPLES_PER_TURN, source.count);
    for (let i = start; i < end && faults.length < MAX_FAULTS; i++) {
      if (source.read(i, values)) readSample(source, i, values, samples, targets);
      else refuse(source, i, '', 'isObject', 'an object');
    }
  }
  if (faults.length > 0)
    throw new AppError('metrics.invalid_samples', { errors: faults.slice(0, MAX_FAULTS) });
  return samples;
}

/** By hand and in one pass: class-validator takes a hundred times as long. */
function readSample(
  source: Source,
  index: number,
  values: readonly unknown[],
  samples: SampleColumns,
  targets: readonly Float32Array[],
): void {
  const timestamp = values[0];
  // Adding 0 turns -0, which would sort as a time of its own, into 0.
  if (Number.isSafeInteger(timestamp)) samples.timestamp[index] = (timestamp as number) + 0;
  else refuse(source, index, 'timestamp', 'isInt', 'epoch milliseconds, an integer within ±2^53');
  for (let k = 0; k < targets.length; k++) {
    const value = values[k + 1];
    if (value === null || value === undefined) targets[k][index] = NaN;
    else if (typeof value === 'number' && Number.isFinite(Math.fround(value))) targets[k][index] = value;
    else refuse(source, index, VALUE_COLUMNS[k], 'isFloat', 'a finite 32-bit float, or null');
  }
  const status = values[STATUS] ?? 0;
  if (isInt32(status)) samples.status[index] = status;
  else refuse(source, index, 'status', 'isInt', 'a 32-bit integer');
}

function refuse(source: Source, index: number, key: string, code: string, rule: string): void {
  const path = source.path(index, key);
  source.faults.push({ path, code, message: `${path} must be ${rule}` });
}

const isInt32 = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) <= INT32_MAX && (value as number) >= -INT32_MAX - 1;
