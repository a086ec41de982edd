import type { DecodedArray, Encoding, KeyValue, SchemaElement } from 'hyparquet';
import { toInt64 } from './int64.js';
import { impliedPower } from './power.js';
import { type SampleColumns, VALUE_COLUMNS, type ValueColumn } from './sample-columns.js';

/** The file's key-value entry that says how power follows from the other columns; its value is the formula. */
export const POWER_KEY = 'phoenix.power';
/** How many float32 steps power is away from the formula; a file without this column: none. */
export const POWER_STEPS = 'powerSteps';

/** One column of the file: what its schema says, how it is encoded, and its numbers for a stretch of the samples. */
export interface FileColumn {
  element: SchemaElement;
  encoding: Encoding;
  data: (start: number, end: number) => DecodedArray;
}

export interface Layout {
  columns: FileColumn[];
  metadata: KeyValue[];
}

/** Sensor steps: positions come in 0.1 mm and loads in 10 g, so that most files have the same column types. */
const NATURAL_SCALE: Record<ValueColumn, number> = {
  position: 1,
  positionB: 1,
  velocity: 0,
  velocityB: 0,
  load: 2,
  loadB: 2,
  power: 0,
};
const MAX_SCALE = 3;
/** What DECIMAL allows an INT32 to hold. */
const DECIMAL_DIGITS = 9;

/** How these samples are laid out as Parquet without losing a bit, see docs/decisions/0003-sensor-series.md. */
export function layoutOf(samples: SampleColumns): Layout {
  const power = samples.count > 0 ? impliedPower(samples) : null;
  const columns = [timestampColumn(samples.timestamp)];
  for (const name of VALUE_COLUMNS) {
    if (name !== 'power' || !power)
      columns.push(valueColumn(name, samples.values[name], NATURAL_SCALE[name]));
    else if (power.steps) columns.push(stepsColumn(power.steps));
  }
  columns.push({
    element: { name: 'status', type: 'INT32', repetition_type: 'REQUIRED' },
    encoding: 'PLAIN',
    data: (start, end) => samples.status.subarray(start, end),
  });
  return { columns, metadata: power ? [{ key: POWER_KEY, value: power.formula }] : [] };
}

function timestampColumn(timestamp: Float64Array): FileColumn {
  return {
    element: {
      name: 'timestamp',
      type: 'INT64',
      repetition_type: 'REQUIRED',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    encoding: 'DELTA_BINARY_PACKED',
    data: (start, end) => toInt64(timestamp.subarray(start, end)),
  };
}

function stepsColumn(steps: Float32Array): FileColumn {
  const nullable = hasNulls(steps);
  return {
    element: { name: POWER_STEPS, type: 'INT32', repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' },
    // Two or three distinct values: a dictionary takes two bits for each, plain integers compress to half as much again.
    encoding: 'RLE_DICTIONARY',
    data: (start, end) => integers(steps.subarray(start, end), 1, nullable),
  };
}

/** Decimals where every value is one, else the bits of the floats. */
function valueColumn(name: ValueColumn, values: Float32Array, naturalScale: number): FileColumn {
  const nullable = hasNulls(values);
  const element: SchemaElement = { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' };
  const scale = scaleOf(values, naturalScale);
  if (scale === null)
    return {
      element: { ...element, type: 'FLOAT' },
      encoding: 'BYTE_STREAM_SPLIT',
      data: (start, end) => floats(values.subarray(start, end), nullable),
    };
  return {
    element: {
      ...element,
      type: 'INT32',
      converted_type: 'DECIMAL',
      scale,
      precision: DECIMAL_DIGITS,
      logical_type: { type: 'DECIMAL', scale, precision: DECIMAL_DIGITS },
    },
    encoding: 'DELTA_BINARY_PACKED',
    data: (start, end) => integers(values.subarray(start, end), 10 ** scale, nullable),
  };
}

const hasNulls = (values: Float32Array) => values.some((value) => value !== value);

/** Null where some value is no such decimal, or where nothing is gained because all values are the same. */
function scaleOf(values: Float32Array, natural: number): number | null {
  if (values.every((value) => Object.is(value, values[0]))) return null;
  for (let scale = natural; scale <= MAX_SCALE; scale++) if (fitsScale(values, scale)) return scale;
  return null;
}

function fitsScale(values: Float32Array, scale: number): boolean {
  const power = 10 ** scale;
  // Readers in other languages may multiply where we divide: both must give the very float32.
  const inverse = 10 ** -scale;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== value) continue;
    const unscaled = Math.round(value * power);
    const exact = Math.fround(unscaled / power) === value && Math.fround(unscaled * inverse) === value;
    if (!exact || Math.abs(unscaled) >= 10 ** DECIMAL_DIGITS || Object.is(value, -0)) return false;
  }
  return true;
}

/** Plain loops: `from` with a callback takes three times as long, and packing is half of what an upload costs. */
function integers(values: Float32Array, power: number, nullable: boolean): DecodedArray {
  if (nullable) return nullsAnd(values, (value) => Math.round(value * power));
  const data = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) data[i] = Math.round(values[i] * power);
  return data;
}

const floats = (values: Float32Array, nullable: boolean): DecodedArray =>
  nullable ? nullsAnd(values, (value) => value) : values;

function nullsAnd(values: Float32Array, convert: (value: number) => number): (number | null)[] {
  const data: (number | null)[] = [];
  for (let i = 0; i < values.length; i++) data.push(values[i] === values[i] ? convert(values[i]) : null);
  return data;
}
