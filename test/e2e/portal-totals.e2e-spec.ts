import fs from 'node:fs';
import { startTestApp, type TestApp } from '../support/app.js';
import { aSet, type Portal, portalOf } from '../support/portal.js';

const HOUR_MS = 3_600_000;

interface Totals {
  from: number;
  date: string;
  sets: number;
  reps: number;
  volumeKg: number;
  workouts: number | null;
  bestOneRepMaxPerCableKg: number | null;
  bestWeightPerCableKg: number;
}

const utc = (iso: string) => Date.parse(`${iso}Z`);
const range = (from: string, to: string) => `from=${utc(from)}&to=${utc(to)}`;

describe('the totals of a portal', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const pushSetsAt = (...moments: string[]) =>
    portal.push({ sessions: moments.map((moment) => aSet({ timestamp: utc(moment) })) });
  const totals = async (query: string): Promise<Totals[]> =>
    (await portal.read(`/api/totals?${query}`)).items;
  const exercises = async (query = '') => (await portal.read(`/api/totals/exercises${query}`)).items;
  /** Per bucket: its local date, the instant it begins, and how many sets fell into it. */
  const buckets = async (query: string) =>
    (await totals(query)).map(({ date, from, sets }) => [
      date,
      new Date(from).toISOString().slice(0, 16),
      sets,
    ]);

  describe('GET /api/totals', () => {
    it('is empty for a new account', async () => {
      expect(await portal.read('/api/totals')).toEqual({ items: [], hasMore: false });
    });

    it('sums up the sets of a day', async () => {
      await portal.push({
        sessions: [
          aSet({ weightPerCableKg: 23.47, workingReps: 10, timestamp: utc('2026-01-05T10:00') }),
          aSet({ weightPerCableKg: 30, workingReps: 1, timestamp: utc('2026-01-05T10:05') }),
          aSet({ weightPerCableKg: 20, totalVolumeKg: 410.5, timestamp: utc('2026-01-05T20:00') }),
        ],
      });
      expect(await totals('by=day')).toEqual([
        {
          from: utc('2026-01-05T00:00'),
          date: '2026-01-05',
          sets: 3,
          reps: 21,
          volumeKg: 469.4 + 60 + 410.5,
          workouts: 2,
          bestOneRepMaxPerCableKg: 31.293,
          bestWeightPerCableKg: 30,
        },
      ]);
    });

    it.each([
      ['the machine’s own volume', { totalVolumeKg: 123.4 }, 123.4],
      ['a volume of zero, which is a volume', { totalVolumeKg: 0 }, 0],
      ['both cables times working reps', { weightPerCableKg: 10.1, workingReps: 3, totalReps: 8 }, 60.6],
      [
        'total reps where no working reps are told',
        { weightPerCableKg: 10, workingReps: 0, totalReps: 8 },
        160,
      ],
      ['no repetitions below zero', { weightPerCableKg: 10, workingReps: 0, totalReps: -8 }, 0],
    ])('reckons with %s', async (_, fields, expected) => {
      await portal.push({ sessions: [aSet({ workingReps: 5, ...fields })] });
      expect((await totals('by=day'))[0]?.volumeKg).toBe(expected);
    });

    it.each([
      ['is the weight itself for one repetition', { weightPerCableKg: 42.5, workingReps: 1 }, 42.5],
      ['grows by a thirtieth per repetition', { weightPerCableKg: 30, workingReps: 10 }, 40],
      ['is unknown without a repetition', { weightPerCableKg: 30, workingReps: 0, totalReps: 0 }, null],
    ])('estimates a one-rep maximum that %s', async (_, fields, expected) => {
      await portal.push({ sessions: [aSet(fields)] });
      expect((await totals('by=day'))[0]?.bestOneRepMaxPerCableKg).toBe(expected);
    });

    it('adds no noise of floats over a thousand sets', async () => {
      const sessions = Array.from({ length: 1000 }, () => aSet({ weightPerCableKg: 23.47, workingReps: 1 }));
      await portal.push({ sessions });
      expect((await totals('by=month'))[0]?.volumeKg).toBe(46_940);
    });

    it('takes `from` inclusively and `to` exclusively', async () => {
      await pushSetsAt('2026-01-05T10:00', '2026-01-05T11:00', '2026-01-05T12:00');
      expect(await buckets(range('2026-01-05T10:00', '2026-01-05T12:00'))).toEqual([
        ['2026-01-05', '2026-01-05T00:00', 2],
      ]);
      expect(await buckets(range('2026-01-06T00:00', '2026-01-05T00:00'))).toEqual([]);
    });

    it('counts trainings in the period in which they began, and not for one exercise', async () => {
      await pushSetsAt('2026-01-05T23:30', '2026-01-06T00:30', '2026-01-06T20:00');
      expect((await totals('by=day')).map(({ workouts, sets }) => [workouts, sets])).toEqual([
        [1, 1],
        [1, 2],
      ]);
      const overMidnight = `from=${utc('2026-01-06T00:00')}&to=${utc('2026-01-06T10:00')}`;
      expect((await totals(overMidnight)).map(({ workouts }) => workouts)).toEqual([0]);
      expect((await totals('by=day&exerciseId=row')).map(({ workouts }) => workouts)).toEqual([null, null]);
    });

    it('tells one exercise from all', async () => {
      await portal.push({ sessions: [aSet(), aSet({ exerciseId: 'squat' }), aSet({ exerciseId: null })] });
      expect((await totals('by=day')).map(({ sets }) => sets)).toEqual([3]);
      expect((await totals('by=day&exerciseId=squat')).map(({ sets }) => sets)).toEqual([1]);
    });

    it('leaves deleted sets out', async () => {
      await portal.push({ sessions: [aSet(), aSet({ deletedAt: utc('2026-02-01T00:00') })] });
      expect((await totals('by=day')).map(({ sets }) => sets)).toEqual([1]);
    });

    it('holds whatever numbers a record may hold', async () => {
      const huge = { weightPerCableKg: 3.4e38, workingReps: 2 ** 31 - 1, totalVolumeKg: null };
      await portal.push({
        sessions: [aSet(huge), aSet(huge), aSet({ weightPerCableKg: -3.4e38, totalReps: -1 })],
      });
      const [only] = await totals('by=day');
      expect(only).toMatchObject({ sets: 3, reps: 2 * (2 ** 31 - 1) + 10, bestWeightPerCableKg: 3.4e38 });
      expect(only?.volumeKg).toBeGreaterThan(1e48);
    });

    it('gives the newest of more periods than an answer holds', async () => {
      const DAYS = 3_700;
      const sessions = Array.from({ length: DAYS }, (_, n) =>
        aSet({ timestamp: utc('2010-01-01T12:00') + n * 24 * HOUR_MS }),
      );
      await portal.push({ sessions });
      const { items, hasMore } = await portal.read('/api/totals');
      expect([items.length, hasMore]).toEqual([3_660, true]);
      expect(items[0].date).toBe('2010-02-10');
      const older = await portal.read(`/api/totals?to=${items[0].from}`);
      expect([older.items.length, older.hasMore]).toEqual([40, false]);
    });

    it('agrees with the phone’s own count of two years', async () => {
      const body = JSON.parse(fs.readFileSync('test/fixtures/first-generation-first-push.json', 'utf8')) as {
        gamificationStats: { totalWorkouts: number; totalReps: number; totalVolumeKg: number };
      };
      await portal.push(body);
      for (const by of ['day', 'week', 'month']) {
        const found = await totals(`by=${by}&timeZone=Europe/Berlin`);
        const sum = (figure: 'sets' | 'reps' | 'volumeKg') =>
          found.reduce((total, item) => total + item[figure], 0);
        expect(sum('sets')).toBe(body.gamificationStats.totalWorkouts);
        expect(sum('reps')).toBe(body.gamificationStats.totalReps);
        expect(Math.trunc(sum('volumeKg'))).toBe(body.gamificationStats.totalVolumeKg);
        expect(found.map(({ from }) => from)).toEqual(
          found.map(({ from }) => from).toSorted((a, b) => a - b),
        );
      }
    });
  });

  describe('GET /api/totals/exercises', () => {
    it('sums up each exercise under its latest name, the one trained last first', async () => {
      const row = { exerciseId: 'row', weightPerCableKg: 20, workingReps: 10 };
      await portal.push({
        sessions: [
          aSet({ ...row, exerciseName: 'Row', timestamp: utc('2026-01-05T10:00') }),
          aSet({ ...row, exerciseName: 'Bent row', timestamp: utc('2026-01-06T10:00') }),
          aSet({
            ...row,
            exerciseName: '',
            timestamp: utc('2026-01-07T10:00'),
            weightPerCableKg: 21,
            workingReps: 1,
          }),
          aSet({
            exerciseId: null,
            exerciseName: null,
            totalVolumeKg: 5,
            timestamp: utc('2026-01-08T10:00'),
          }),
        ],
      });
      expect(await exercises()).toEqual([
        {
          exerciseId: null,
          exerciseName: null,
          sets: 1,
          reps: 10,
          volumeKg: 5,
          bestOneRepMaxPerCableKg: 26.667,
          bestWeightPerCableKg: 20,
          lastAt: utc('2026-01-08T10:00'),
        },
        {
          exerciseId: 'row',
          exerciseName: 'Bent row',
          sets: 3,
          reps: 21,
          volumeKg: 842,
          bestOneRepMaxPerCableKg: 26.667,
          bestWeightPerCableKg: 21,
          lastAt: utc('2026-01-07T10:00'),
        },
      ]);
      expect(await exercises(`?to=${utc('2026-01-06T10:00')}`)).toMatchObject([
        { exerciseName: 'Row', sets: 1 },
      ]);
      expect(await exercises(`?from=${utc('2026-01-08T10:00')}`)).toMatchObject([{ exerciseId: null }]);
    });

    it('takes any time a record may hold, and leaves deleted sets out', async () => {
      const times = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
      await portal.push({
        sessions: [...times.map((timestamp) => aSet({ timestamp })), aSet({ deletedAt: 1 })],
      });
      expect(await exercises()).toMatchObject([{ sets: 2, lastAt: Number.MAX_SAFE_INTEGER }]);
    });

    it('says so when there are more exercises than an answer holds', async () => {
      const sessions = Array.from({ length: 2_001 }, (_, n) => aSet({ exerciseId: `e${n}`, timestamp: n }));
      await portal.push({ sessions });
      const { items, hasMore } = await portal.read('/api/totals/exercises');
      expect([items.length, hasMore, items[0].exerciseId, items.at(-1).exerciseId]).toEqual([
        2_000,
        true,
        'e2000',
        'e1',
      ]);
    });
  });

  it('are the account’s own, and stay readable without premium', async () => {
    const stranger = await portalOf(app);
    await pushSetsAt('2026-01-05T10:00');
    await stranger.push({ sessions: [aSet({ timestamp: utc('2026-01-05T09:00') })] });
    await portal.losePremium();
    expect(await totals('by=day')).toMatchObject([{ sets: 1, workouts: 1 }]);
    expect((await portal.read('/api/totals/exercises')).items).toMatchObject([{ sets: 1 }]);
    expect((await (await portalOf(app)).read('/api/totals')).items).toEqual([]);
  });
});
