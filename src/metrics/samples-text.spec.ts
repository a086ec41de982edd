import * as fc from 'fast-check';
import { allocate, type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';
import { columnsText, rowsText } from './samples-text.js';

const parse = (text: Generator<Buffer>) =>
  JSON.parse(Buffer.concat([...text]).toString()) as Record<string, unknown>;

const float32 = (values: unknown) =>
  Array.from(values as (number | null)[], (value) => (value === null ? null : Math.fround(value)));
const nullable = (values: Float32Array) =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : value));

const anySamples = fc
  .array(
    fc.tuple(
      fc.maxSafeInteger(),
      fc.array(fc.float({ noDefaultInfinity: true }), { minLength: 7, maxLength: 7 }),
      fc.integer(),
    ),
    { maxLength: 30 },
  )
  .map((rows) => {
    const samples = allocate(rows.length);
    rows.forEach(([time, values, status], i) => {
      samples.timestamp[i] = time;
      VALUE_COLUMNS.forEach((name, k) => (samples.values[name][i] = values[k]));
      samples.status[i] = status;
    });
    return samples;
  });

function expectSame(read: Record<string, unknown>, samples: SampleColumns) {
  expect(read.timestamp).toEqual(Array.from(samples.timestamp));
  for (const name of VALUE_COLUMNS) expect(float32(read[name])).toEqual(nullable(samples.values[name]));
  expect(read.status).toEqual(Array.from(samples.status));
}

const asColumns = (rows: Record<string, unknown>[]) =>
  Object.fromEntries(
    ['timestamp', ...VALUE_COLUMNS, 'status'].map((name) => [name, rows.map((row) => row[name])]),
  );

describe('samples as JSON', () => {
  it('hold any samples, as rows and as columns', () => {
    fc.assert(
      fc.property(anySamples, fc.string(), (samples, id) => {
        const rows = parse(rowsText(id, samples));
        const columns = parse(columnsText(id, samples));
        expect([rows.sessionId, columns.sessionId]).toEqual([id, id]);
        expectSame(asColumns(rows.samples as Record<string, unknown>[]), samples);
        expectSame(columns, samples);
      }),
    );
  });

  it('have room for thousands of the longest numbers', () => {
    const samples = allocate(2_500);
    samples.timestamp.fill(Number.MIN_SAFE_INTEGER);
    for (const name of VALUE_COLUMNS) samples.values[name].fill(-1e20);
    samples.status.fill(-(2 ** 31));
    expectSame(asColumns(parse(rowsText('x', samples)).samples as Record<string, unknown>[]), samples);
    expectSame(parse(columnsText('x', samples)), samples);
  });
});
