import fs from 'node:fs';
import { startTestApp, type TestApp } from '../support/app.js';
import { aSet, type Portal, portalOf } from '../support/portal.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = Date.UTC(2026, 0, 5, 18);

interface Workout {
  id: string;
  startedAt: number;
  endedAt: number;
  routineSessionId: string | null;
  routineName: string | null;
  sets: number;
  reps: number;
  volumeKg: number;
  estimatedCalories: number | null;
  exercises: { exerciseId: string | null; sets: number }[];
  sessionIds: string[];
}

/** A set that begins so many minutes after the start, and takes one. */
const at = (minute: number, fields: object = {}) =>
  aSet({ timestamp: START + minute * MINUTE_MS, duration: MINUTE_MS, ...fields });

describe('GET /api/workouts', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const workouts = async (query = ''): Promise<Workout[]> =>
    (await portal.read(`/api/workouts${query}`)).items;
  const sizes = async (query = '') => (await workouts(query)).map(({ sets }) => sets);

  it('sums up a training', async () => {
    const { idMappings } = await portal.push({
      sessions: [
        at(0, {
          clientId: 'a',
          exerciseId: 'squat',
          exerciseName: 'Squat',
          weightPerCableKg: 30.5,
          workingReps: 8,
        }),
        at(5, {
          clientId: 'b',
          exerciseId: 'row',
          exerciseName: '',
          weightPerCableKg: 23.47,
          workingReps: 10,
        }),
        at(9, {
          clientId: 'c',
          exerciseId: 'row',
          exerciseName: 'Row',
          weightPerCableKg: 20,
          totalVolumeKg: 410.5,
        }),
        at(20, { clientId: 'd', exerciseId: null, exerciseName: null, weightPerCableKg: 5, workingReps: 1 }),
      ],
    });
    const ids = idMappings.sessions ?? {};
    expect(await workouts()).toEqual([
      {
        id: ids.a,
        startedAt: START,
        endedAt: START + 21 * MINUTE_MS,
        routineSessionId: null,
        routineName: null,
        sets: 4,
        reps: 8 + 10 + 10 + 1,
        volumeKg: 488 + 469.4 + 410.5 + 10,
        estimatedCalories: null,
        exercises: [
          {
            exerciseId: 'squat',
            exerciseName: 'Squat',
            sets: 1,
            reps: 8,
            volumeKg: 488,
            bestWeightPerCableKg: 30.5,
          },
          {
            exerciseId: 'row',
            exerciseName: 'Row',
            sets: 2,
            reps: 20,
            volumeKg: 879.9,
            bestWeightPerCableKg: 23.47,
          },
          { exerciseId: null, exerciseName: null, sets: 1, reps: 1, volumeKg: 10, bestWeightPerCableKg: 5 },
        ],
        sessionIds: [ids.a, ids.b, ids.c, ids.d],
      },
    ]);
  });

  it('adds up the calories of the sets that tell them', async () => {
    await portal.push({
      sessions: [at(0, { estimatedCalories: 1.5 }), at(1, { estimatedCalories: 2.25 }), at(2)],
    });
    expect((await workouts())[0]?.estimatedCalories).toBe(3.75);
  });

  it.each([
    ['keeps sets together over a pause of two hours', 2 * HOUR_MS, [2]],
    ['begins a new training after a pause of more than two hours', 2 * HOUR_MS + 1, [1, 1]],
  ])('%s', async (_, pause, expected) => {
    const first = at(0);
    await portal.push({ sessions: [first, aSet({ timestamp: START + first.duration + pause })] });
    expect(await sizes()).toEqual(expected);
  });

  it('counts a pause from the latest end, not from the set before', async () => {
    await portal.push({ sessions: [at(0, { duration: 90 * MINUTE_MS }), at(5), at(200)] });
    expect(await sizes()).toEqual([3]);
  });

  it.each([
    ['is longer than any set', 2 ** 31 - 1],
    ['is negative', -(2 ** 31)],
  ])('is not misled by a duration that %s', async (_, duration) => {
    await portal.push({ sessions: [at(0, { duration }), at(3 * 24 * 60)] });
    expect(await sizes()).toEqual([1, 1]);
    for (const { startedAt, endedAt } of await workouts()) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  });

  it('keeps the sets of one run of a routine together, whatever lies between them', async () => {
    const run = { routineSessionId: 'run-1', routineName: 'Push day' };
    await portal.push({ sessions: [at(0, run), at(10), at(20, run), at(500, run), at(700)] });
    const found = await workouts();
    expect(found.map(({ routineSessionId, sets }) => [routineSessionId, sets])).toEqual([
      [null, 1],
      [null, 1],
      ['run-1', 3],
    ]);
    expect(found.at(-1)).toMatchObject({ routineName: 'Push day', startedAt: START });
  });

  it('groups sets with an empty run by time, like those without one', async () => {
    await portal.push({
      sessions: [at(0, { routineSessionId: '' }), at(1), at(600, { routineSessionId: '' })],
    });
    expect(await sizes()).toEqual([1, 2]);
    expect((await workouts())[0]?.routineSessionId).toBeNull();
  });

  it('leaves deleted sets out, also where they alone joined two trainings', async () => {
    const bridge = at(110);
    await portal.push({ sessions: [at(0), bridge, at(220)] });
    expect(await sizes()).toEqual([3]);
    await portal.push({ sessions: [{ ...bridge, deletedAt: START, updatedAt: START }] });
    expect(await sizes()).toEqual([1, 1]);
  });

  it('filters by the start of a training without cutting it', async () => {
    await portal.push({ sessions: [at(0), at(30), at(600), at(630)] });
    const from = START + 10 * MINUTE_MS;
    expect(await sizes(`?from=${from}`)).toEqual([2]);
    expect(await sizes(`?to=${from}`)).toEqual([2]);
    expect(await sizes(`?from=${START}&to=${START + 1}`)).toEqual([2]);
    expect((await workouts(`?to=${from}`))[0]?.startedAt).toBe(START);
  });

  it('pages newest first, also through trainings that overlap', async () => {
    const sessions = Array.from({ length: 12 }, (_, n) => [
      at(n * 300, { clientId: `free-${n}` }),
      at(n * 300 + 1, { clientId: `run-${n}`, routineSessionId: `run-${n % 5}` }),
      at(n * 300 + 2),
    ]).flat();
    await portal.push({ sessions });
    const all = await workouts();
    expect(all).toHaveLength(12 + 5);
    const pages = await portal.pages<Workout>('/api/workouts?limit=4');
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 4, 4, 1]);
    expect(pages.flat()).toEqual(all);
    const starts = all.map(({ startedAt }) => startedAt);
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
    expect(all.flatMap(({ sessionIds }) => sessionIds).toSorted()).toHaveLength(36);
  });

  it('neither repeats nor skips a training when a new one begins between two pages', async () => {
    await portal.push({ sessions: Array.from({ length: 6 }, (_, n) => at(n * 300)) });
    let minute = 10_000;
    const pages = await portal.pages<Workout>('/api/workouts?limit=2', () =>
      portal.push({ sessions: [at((minute += 300))] }),
    );
    expect(pages.flat().map(({ startedAt }) => startedAt)).toEqual(
      [5, 4, 3, 2, 1, 0].map((n) => START + n * 300 * MINUTE_MS),
    );
  });

  it('counts each of two years’ sets of a first-generation phone once, as a count by hand does', async () => {
    const body = JSON.parse(fs.readFileSync('test/fixtures/first-generation-first-push.json', 'utf8')) as {
      sessions: { timestamp: number; duration: number }[];
    };
    await portal.push(body);
    const pages = await portal.pages<Workout>('/api/workouts?limit=100');
    const found = pages.flat();
    expect(found.map(({ sets, startedAt }) => [startedAt, sets])).toEqual(islandsOf(body.sessions));
    expect(new Set(found.flatMap(({ sessionIds }) => sessionIds)).size).toBe(body.sessions.length);
  });

  it('takes any time a record may hold', async () => {
    const times = [Number.MIN_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER];
    await portal.push({ sessions: times.map((timestamp) => aSet({ timestamp })) });
    const found = await workouts();
    expect(found.map(({ startedAt }) => startedAt)).toEqual(times.toReversed());
    expect(found.every(({ endedAt }) => Number.isSafeInteger(endedAt))).toBe(true);
  });

  it('shows nothing of another account, not even as a neighbour in time', async () => {
    const stranger = await portalOf(app);
    await portal.push({ sessions: [at(0), at(110, { routineSessionId: 'run' })] });
    await stranger.push({ sessions: [at(55), at(60, { routineSessionId: 'run' }), at(1000)] });
    expect(await sizes()).toEqual([1, 1]);
    expect((await stranger.read('/api/workouts')).items.map(({ sets }: Workout) => sets)).toEqual([1, 1, 1]);
  });
});

/** Start and size of the trainings, newest first: a plain loop, to compare the SQL with. */
function islandsOf(sets: readonly { timestamp: number; duration: number }[]): number[][] {
  const islands: number[][] = [];
  let end = -Infinity;
  for (const { timestamp, duration } of sets.toSorted((a, b) => a.timestamp - b.timestamp)) {
    const island = islands.at(-1);
    if (island === undefined || timestamp > end + 2 * HOUR_MS) islands.push([timestamp, 1]);
    else island[1] = (island[1] ?? 0) + 1;
    end = Math.max(end, timestamp + duration);
  }
  return islands.toReversed();
}
