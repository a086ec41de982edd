import { pick, type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

/** Below this many points the highest and lowest samples would crowd out the shape of the curve. */
const MIN_POINTS_FOR_EXTREMES = 64;

/**
 * At most `points` of the samples, so that a plot of any column looks as it would with all: real samples at their real
 * times, the first and the last among them. Largest triangle three buckets over all columns at once: of each bucket
 * the sample is kept whose triangles with the sample kept before it and the mean of the next bucket are largest, summed
 * over the columns as shares of their ranges. The highest and lowest sample of each column are kept besides.
 */
export function downsample(columns: SampleColumns, points: number): SampleColumns {
  if (columns.count <= points) return columns;
  const shapes = shapesOf(columns);
  const kept = new Set([0, columns.count - 1]);
  if (points >= MIN_POINTS_FOR_EXTREMES)
    for (const { lowest, highest } of shapes) kept.add(lowest).add(highest);
  for (const index of largestTriangles(columns, shapes, points - kept.size)) kept.add(index);
  return pick(columns, Uint32Array.from(kept).toSorted());
}

interface Shape {
  values: Float32Array;
  lowest: number;
  highest: number;
  range: number;
}

/** The columns that have a shape at all: neither constant nor null throughout. */
function shapesOf({ values, count }: SampleColumns): Shape[] {
  return VALUE_COLUMNS.flatMap((name) => {
    const column = values[name];
    let lowest = -1;
    let highest = -1;
    for (let i = 0; i < count; i++) {
      const value = column[i];
      if (value !== value) continue;
      if (lowest < 0 || value < column[lowest]) lowest = i;
      if (highest < 0 || value > column[highest]) highest = i;
    }
    const range = column[highest] - column[lowest];
    return range > 0 ? [{ values: column, lowest, highest, range }] : [];
  });
}

/** One index out of each of `buckets` stretches between the first sample and the last. */
function largestTriangles(
  { timestamp, count }: SampleColumns,
  shapes: readonly Shape[],
  buckets: number,
): number[] {
  const chosen: number[] = [];
  const edge = (bucket: number) => 1 + Math.floor((bucket * (count - 2)) / buckets);
  let before = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = edge(bucket);
    const end = edge(bucket + 1);
    const afterEnd = bucket + 1 < buckets ? edge(bucket + 2) : count;
    const areas = new Float64Array(end - start);
    const time = timestamp[before] - mean(timestamp, end, afterEnd);
    for (const { values, range } of shapes) {
      const from = values[before];
      const rise = (mean(values, end, afterEnd) - from) / range;
      for (let i = start; i < end; i++) {
        const area = Math.abs(
          time * ((values[i] - from) / range) - (timestamp[before] - timestamp[i]) * rise,
        );
        // A null here, before or after makes no triangle.
        if (area === area) areas[i - start] = areas[i - start] + area;
      }
    }
    before = start + indexOfLargest(areas);
    chosen.push(before);
  }
  return chosen;
}

function mean(values: Float64Array | Float32Array, start: number, end: number): number {
  let sum = 0;
  let count = 0;
  for (let i = start; i < end; i++) {
    const value = values[i];
    if (value !== value) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

function indexOfLargest(values: Float64Array): number {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}
