/** The measured values of a sample, in the order of the wire. All are float32 or null. */
export const VALUE_COLUMNS = [
  'position',
  'positionB',
  'velocity',
  'velocityB',
  'load',
  'loadB',
  'power',
] as const;
export type ValueColumn = (typeof VALUE_COLUMNS)[number];

/**
 * Samples by column. Timestamps ascend and none comes twice, unless a function says otherwise.
 * NaN stands for null: the wire has no NaN, so nothing is lost by it.
 */
export interface SampleColumns {
  count: number;
  timestamp: Float64Array;
  values: Record<ValueColumn, Float32Array>;
  status: Int32Array;
}

const mapValues = (make: (name: ValueColumn) => Float32Array) =>
  Object.fromEntries(VALUE_COLUMNS.map((name) => [name, make(name)])) as Record<ValueColumn, Float32Array>;

export function allocate(count: number): SampleColumns {
  return {
    count,
    timestamp: new Float64Array(count),
    values: mapValues(() => new Float32Array(count)),
    status: new Int32Array(count),
  };
}

/** A view, not a copy. */
export function slice(columns: SampleColumns, start: number, end: number): SampleColumns {
  return {
    count: end - start,
    timestamp: columns.timestamp.subarray(start, end),
    values: mapValues((name) => columns.values[name].subarray(start, end)),
    status: columns.status.subarray(start, end),
  };
}

/** The first index whose timestamp is not below `time`. */
export function lowerBound({ timestamp }: SampleColumns, time: number): number {
  let low = 0;
  let high = timestamp.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamp[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The parts one after the other; the caller has put them in order. */
export function concat(parts: readonly SampleColumns[]): SampleColumns {
  if (parts.length === 1) return parts[0];
  const whole = allocate(parts.reduce((sum, part) => sum + part.count, 0));
  let offset = 0;
  for (const part of parts) {
    whole.timestamp.set(part.timestamp, offset);
    for (const name of VALUE_COLUMNS) whole.values[name].set(part.values[name], offset);
    whole.status.set(part.status, offset);
    offset += part.count;
  }
  return whole;
}

/** The rows at these indexes, in this order. */
export function pick(columns: SampleColumns, indexes: ArrayLike<number>): SampleColumns {
  const picked = allocate(indexes.length);
  const copy = (from: Float64Array | Float32Array | Int32Array, to: typeof from) => {
    for (let i = 0; i < indexes.length; i++) to[i] = from[indexes[i]];
  };
  copy(columns.timestamp, picked.timestamp);
  for (const name of VALUE_COLUMNS) copy(columns.values[name], picked.values[name]);
  copy(columns.status, picked.status);
  return picked;
}

/** Samples in the order they were sent → ascending, and of those with the same timestamp only the one sent last. */
export function sortedByTime(columns: SampleColumns): SampleColumns {
  const { timestamp, count } = columns;
  if (isAscending(timestamp)) return columns;
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => timestamp[a] - timestamp[b] || a - b);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const last = i + 1 === count || timestamp[order[i]] !== timestamp[order[i + 1]];
    if (last) order[kept++] = order[i];
  }
  return pick(columns, order.subarray(0, kept));
}

function isAscending(timestamp: Float64Array): boolean {
  for (let i = 1; i < timestamp.length; i++) if (timestamp[i - 1] >= timestamp[i]) return false;
  return true;
}

export interface Merge {
  merged: SampleColumns;
  /** Whether `merged` differs from `older` in any bit. */
  changed: boolean;
}

/** Both series as one; where both have a sample of the same time, `newer` wins. */
export function merge(older: SampleColumns, newer: SampleColumns): Merge {
  const { source, changed } = interleave(older, newer);
  return { merged: changed ? pick(concat([older, newer]), source) : older, changed };
}

/** Which row of `[...older, ...newer]` stands at each place of the merged series. */
function interleave(older: SampleColumns, newer: SampleColumns) {
  const source = new Uint32Array(older.count + newer.count);
  let [a, b, length, changed] = [0, 0, 0, false];
  while (a < older.count || b < newer.count) {
    const left = a < older.count ? older.timestamp[a] : Infinity;
    const right = b < newer.count ? newer.timestamp[b] : Infinity;
    if (left < right) source[length++] = a++;
    else {
      if (left > right || !sameSample(older, a, newer, b)) changed = true;
      if (left === right) a++;
      source[length++] = older.count + b++;
    }
  }
  return { source: source.subarray(0, length), changed };
}

function sameSample(left: SampleColumns, a: number, right: SampleColumns, b: number): boolean {
  // Object.is tells -0 from 0 and holds NaN (null) equal to itself.
  return (
    left.status[a] === right.status[b] &&
    VALUE_COLUMNS.every((name) => Object.is(left.values[name][a], right.values[name][b]))
  );
}
