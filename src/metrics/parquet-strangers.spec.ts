import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { pack } from './parquet.js';
import { readUpload } from './read-upload.js';
import { allocate, type SampleColumns, VALUE_COLUMNS } from './sample-columns.js';

/** A DECIMAL of Arrow: 128 bits in four words, the lowest first. */
function unscaled(words: Uint32Array): number {
  const bits = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return Number(BigInt.asIntN(128, bits));
}

/** The columns of a file as the Rust implementation of Parquet reads them; null is NaN. */
function readByRust(bytes: Buffer): Map<string, number[]> {
  const table = tableFromIPC(readParquet(new Uint8Array(bytes)).intoIPCStream());
  return new Map(
    table.schema.fields.map(({ name, type }) => {
      const { scale } = type as { scale?: number };
      const values = Array.from(table.getChild(name) ?? [], (value: unknown) => {
        if (value === null) return NaN;
        return scale === undefined
          ? Number(value)
          : Math.fround(unscaled(value as Uint32Array) / 10 ** scale);
      });
      return [name, values];
    }),
  );
}

async function expectSameForRust(samples: SampleColumns, powerIsThere: boolean) {
  const read = readByRust(await pack(samples));
  expect(read.get('timestamp')).toEqual(Array.from(samples.timestamp));
  expect(read.get('status')).toEqual(Array.from(samples.status));
  expect(read.has('power')).toBe(powerIsThere);
  for (const name of VALUE_COLUMNS)
    if (name !== 'power' || powerIsThere) expect(read.get(name)).toEqual(Array.from(samples.values[name]));
}

/** hyparquet reads what hyparquet-writer writes; a second implementation shows that what it writes is Parquet. */
describe('another implementation of Parquet', () => {
  it('reads recorded sensor data', async () => {
    const recorded = gunzipSync(readFileSync('test/fixtures/metrics-50hz-3min.json.gz')).toString();
    await expectSameForRust((await readUpload(JSON.parse(recorded))).samples, false);
  });

  it('reads nulls, decimals of every scale, any float and the longest times', async () => {
    const samples = allocate(25_000);
    for (let i = 0; i < samples.count; i++) {
      samples.timestamp[i] = i === 0 ? Number.MIN_SAFE_INTEGER : i * 359_999_999_999;
      samples.values.position[i] = i % 3 === 0 ? NaN : (i % 999) / 10;
      samples.values.positionB[i] = (i * 7919) / 1000 - 50_000;
      samples.values.velocity[i] = Math.sin(i) * 10 ** ((i % 70) - 35);
      samples.values.velocityB[i] = i % 2 === 0 ? -0 : 1.401298464324817e-45;
      samples.values.load[i] = NaN;
      samples.values.loadB[i] = i % 100;
      samples.values.power[i] = i;
      samples.status[i] = (i * 2_654_435_761) | 0;
    }
    await expectSameForRust(samples, true);
  });

  it('reads the steps of power that is not quite the product', async () => {
    const samples = allocate(100);
    const { load, velocity, power } = samples.values;
    for (let i = 0; i < samples.count; i++) {
      samples.timestamp[i] = i;
      load[i] = 20 + i / 100;
      velocity[i] = Math.cos(i) * 400;
      power[i] = load[i] * velocity[i];
    }
    new Int32Array(power.buffer)[7] += 2;
    power[9] = NaN;
    const steps = readByRust(await pack(samples)).get('powerSteps');
    expect(steps?.map((step, i) => [i, step]).filter(([, step]) => step !== 0)).toEqual([
      [7, Math.sign(power[7]) * 2],
      [9, NaN],
    ]);
  });

  it('reads one sample, and none', async () => {
    await expectSameForRust(allocate(1), false);
    await expectSameForRust(allocate(0), true);
  });
});
