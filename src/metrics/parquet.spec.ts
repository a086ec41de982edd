import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { pack, unpack } from './parquet.js';
import { allocate, type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

const bitsOf = (samples: SampleColumns) => ({
  timestamp: Array.from(samples.timestamp),
  ...Object.fromEntries(
    VALUE_COLUMNS.map((name) => [name, Array.from(new Int32Array(samples.values[name].slice().buffer))]),
  ),
  status: Array.from(samples.status),
});

type Row = Record<string, number | null>;

function columnsOf(rows: Row[]): SampleColumns {
  const samples = allocate(rows.length);
  rows.forEach((row, i) => {
    samples.timestamp[i] = row.timestamp ?? i;
    for (const name of VALUE_COLUMNS) samples.values[name][i] = row[name] ?? NaN;
    samples.status[i] = row.status ?? 0;
  });
  return samples;
}

const fixture = JSON.parse(
  gunzipSync(readFileSync('test/fixtures/metrics-50hz-3min.json.gz')).toString(),
) as { samples: Row[] };

async function expectLossless(samples: SampleColumns) {
  const packed = await pack(samples);
  expect(bitsOf(unpack(packed))).toEqual(bitsOf(samples));
  // Nor is anything that is ours taken for a forgery.
  expect(bitsOf(unpack(packed, { foreign: true }))).toEqual(bitsOf(samples));
  return packed;
}

const float32 = (rows: Row[], name: string) => rows.map((row) => Math.fround(row[name] as number));

const readAsStranger = async (bytes: Buffer) => {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return parquetReadObjects({ file, compressors: { GZIP: (page) => gunzipSync(page) } });
};

describe('Parquet chunks', () => {
  it('give back every bit of recorded sensor data, in at most 12 bytes a sample', async () => {
    const packed = await expectLossless(columnsOf(fixture.samples));
    expect(packed.byteLength / fixture.samples.length).toBeLessThan(12);
  });

  it('give back every bit of any floats, nulls, times and states', async () => {
    const anyFloat = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(
        null,
        0,
        -0,
        1.401298464324817e-45,
        -1.1754942106924411e-38,
        3.4028234663852886e38,
        2 ** 24 + 2,
      ),
      fc.integer({ min: -9999, max: 9999 }).map((k) => k / 100),
    );
    const row = fc.record({
      timestamp: fc.maxSafeInteger(),
      ...Object.fromEntries(VALUE_COLUMNS.map((name) => [name, anyFloat])),
      status: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    }) as fc.Arbitrary<Row>;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60, size: 'max' }), async (rows) => {
        await expectLossless(columnsOf(rows));
      }),
      { numRuns: 150 },
    );
  });

  it('give back every bit where all of a column is decimals of some scale, or all of it null', async () => {
    const series = fc.record({
      scale: fc.integer({ min: 0, max: 5 }),
      nulls: fc.constantFrom(0, 0.3, 1),
      values: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), { minLength: 40, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(series, { minLength: 7, maxLength: 7 }), async (columns) => {
        const samples = allocate(40);
        samples.timestamp.forEach((_, i) => (samples.timestamp[i] = i * 20));
        VALUE_COLUMNS.forEach((name, k) =>
          columns[k].values.forEach((value, i) => {
            const isNull = (i + 1) / 40 <= columns[k].nulls;
            samples.values[name][i] = isNull ? NaN : value / 10 ** columns[k].scale;
          }),
        );
        await expectLossless(samples);
      }),
      { numRuns: 150 },
    );
  });

  it('give back power that is the product of load and velocity, nearly so, or not at all', async () => {
    const factor = fc.float({ min: -5000, max: 5000, noNaN: true });
    const row = fc.record({
      velocity: fc.option(factor, { freq: 9 }),
      load: fc.option(factor, { freq: 9 }),
      loadB: fc.option(factor),
      steps: fc.integer({ min: -8, max: 8 }),
      drop: fc.integer({ min: 0, max: 20 }),
    });
    const cases = fc.record({
      rows: fc.array(row, { minLength: 1, maxLength: 40 }),
      both: fc.boolean(),
      exact: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, both, exact }) => {
        const samples = columnsOf(rows);
        const { power, load, loadB, velocity } = samples.values;
        const bits = new Int32Array(power.buffer);
        rows.forEach(({ steps, drop }, i) => {
          power[i] = Math.fround(load[i] + (both ? loadB[i] || 0 : 0)) * velocity[i];
          if (!exact && Math.abs(power[i]) > 1e-30) bits[i] += steps;
          if (!exact && drop === 0) power[i] = NaN;
        });
        await expectLossless(samples);
      }),
      { numRuns: 250 },
    );
  });

  it('hold thousands of samples in several row groups, and none at all', async () => {
    const many = allocate(25_000);
    for (let i = 0; i < many.count; i++) {
      many.timestamp[i] = i * 16;
      many.values.velocity[i] = Math.sin(i) * 300;
      many.values.position[i] = i % 7 === 0 ? NaN : Math.round(i / 3) / 10;
    }
    await expectLossless(many);
    await expectLossless(allocate(0));
  });

  it('are ordinary Parquet: any reader finds times, decimals and floats', async () => {
    const rows = await readAsStranger(await pack(columnsOf(fixture.samples)));
    expect(rows).toHaveLength(fixture.samples.length);
    expect(rows.map((row) => Number(row.timestamp))).toEqual(fixture.samples.map((sent) => sent.timestamp));
    for (const name of ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'status'])
      expect(float32(rows, name)).toEqual(float32(fixture.samples, name));
    const product = rows.map((row) =>
      Math.fround(Math.fround(row.load as number) * (row.velocity as number)),
    );
    expect(product).toEqual(float32(fixture.samples, 'power'));
  });
});
