import { gunzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { VALUE_COLUMNS } from '../../src/metrics/sample-columns.js';
import { outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { bitsOf, curve, Lifter, recordedUpload, type Sample, START } from '../support/samples.js';

const PARQUET = { headers: { accept: 'application/vnd.apache.parquet' } };

const timeOf = (index: number) => START + index * 20;

/** Where a file has no column of power, power is this: see docs/metrics.md. */
const productOf = ({ load, velocity }: Sample) => Math.fround(load as number) * (velocity as number);

describe('reading samples', () => {
  const { samples: recorded } = recordedUpload();
  let app: TestApp;
  let lifter: Lifter;

  beforeAll(async () => {
    app = await startTestApp();
    lifter = await Lifter.in(app);
    await lifter.upload('recorded', recorded);
    await lifter.upload('long', curve(0, 45_000));
  });
  afterAll(() => app.close());

  it('gives a range of time: its start included, its end not', async () => {
    const range = await lifter.samples('long', `?from=${timeOf(19_990)}&to=${timeOf(20_010)}`);
    expect(bitsOf(range)).toEqual(bitsOf(curve(19_990, 20)));
    expect(await lifter.samples('long', `?from=${timeOf(44_998)}`)).toHaveLength(2);
    expect(await lifter.samples('long', `?to=${timeOf(3)}`)).toHaveLength(3);
    expect(await lifter.samples('long', `?from=${timeOf(10)}&to=${timeOf(5)}`)).toEqual([]);
    expect(await lifter.samples('long', '?to=-9007199254740991')).toEqual([]);
  });

  it('gives columns that hold the same', async () => {
    const { body } = await lifter.get('recorded', '?format=columns');
    const { sessionId, ...columns } = body as Record<string, number[]> & { sessionId: string };
    expect(sessionId).toBe('recorded');
    expect(Object.keys(columns)).toEqual(['timestamp', ...VALUE_COLUMNS, 'status']);
    const rows = columns.timestamp.map((_, i) =>
      Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[i]])),
    );
    expect(bitsOf(rows as Sample[])).toEqual(bitsOf(recorded));
  });

  it.each(['recorded', 'long'])('gives at most N points for a plot, real ones, of %s', async (id) => {
    const all = new Map((await lifter.samples(id)).map((sample) => [sample.timestamp, sample]));
    const times = [...all.keys()];
    for (const points of [2, 3, 63, 500, 5_000]) {
      const chosen = await lifter.samples(id, `?points=${points}`);
      expect(chosen.length).toBeLessThanOrEqual(points);
      expect(chosen.length).toBeGreaterThan(points * 0.95);
      expect(bitsOf(chosen)).toEqual(bitsOf(chosen.map(({ timestamp }) => all.get(timestamp) as Sample)));
      expect(chosen.map(({ timestamp }) => timestamp)).toEqual(
        chosen.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b),
      );
      expect([chosen[0].timestamp, chosen.at(-1)?.timestamp]).toEqual([times[0], times.at(-1)]);
    }
  });

  it('keeps the highest and the lowest value of every column in a plot', async () => {
    const chosen = await lifter.samples('recorded', '?points=200');
    for (const name of VALUE_COLUMNS) {
      const ends = (list: Sample[]) => {
        const values = list.map((sample) => Math.fround(sample[name] as number));
        return [Math.min(...values), Math.max(...values)];
      };
      expect(ends(chosen)).toEqual(ends(recorded));
    }
  });

  it('gives one Parquet file that other tools read, whether it lies in one chunk or several', async () => {
    for (const [id, sent] of [
      ['recorded', recorded],
      ['long', curve(0, 45_000)],
    ] as const) {
      const answer = await lifter.fetch(id, '', PARQUET);
      expect(answer.headers.get('content-type')).toBe('application/vnd.apache.parquet');
      expect(answer.headers.get('vary')).toContain('accept');
      const file = await answer.arrayBuffer();
      const rows = await parquetReadObjects({ file, compressors: { GZIP: (page) => gunzipSync(page) } });
      const read = rows.map((row) => ({ ...row, timestamp: Number(row.timestamp) }));
      expect(bitsOf(read.map((row) => ({ power: productOf(row), ...row })))).toEqual(bitsOf(sent));
    }
  });

  it('gives Parquet of a range, and as it is stored where the range holds all', async () => {
    const whole = await (await lifter.fetch('recorded', '', PARQUET)).arrayBuffer();
    const same = await (await lifter.fetch('recorded', '?from=0&to=9007199254740991', PARQUET)).arrayBuffer();
    expect(Buffer.from(same)).toEqual(Buffer.from(whole));
    const file = await (
      await lifter.fetch('long', `?from=${timeOf(5)}&to=${timeOf(9)}`, PARQUET)
    ).arrayBuffer();
    const rows = await parquetReadObjects({ file, compressors: { GZIP: (page) => gunzipSync(page) } });
    expect(rows.map((row) => Number(row.timestamp))).toEqual([5, 6, 7, 8].map(timeOf));
  });

  it('gives an empty file for no samples', async () => {
    const file = await (await lifter.fetch('long', '?to=0', PARQUET)).arrayBuffer();
    expect(await parquetReadObjects({ file })).toEqual([]);
  });

  it.each([
    'points=1',
    'points=5001',
    'points=1e2',
    'points=',
    'from=yesterday',
    'from=1.5',
    'to=9007199254740992',
    'from=1&from=2',
    'format=csv',
    'deviceId=',
  ])('is refused with %s', async (query) => {
    expect(outcomeOf(await lifter.get('recorded', `?${query}`))).toEqual([400, 'request.invalid']);
  });

  it('needs somebody who is signed in', async () => {
    const answer = await fetch(`${app.url}/api/sessions/recorded/metrics`);
    expect(answer.status).toBe(401);
  });
});
