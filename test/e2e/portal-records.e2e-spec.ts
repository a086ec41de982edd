import fs from 'node:fs';
import { startTestApp, type TestApp } from '../support/app.js';
import type { WireRecord } from '../support/phone.js';
import { aBadge, aRecord, clientIds, type Portal, portalOf } from '../support/portal.js';

const DAY_MS = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 5, 18);

const day = (n: number) => ({ achievedAt: START + n * DAY_MS });
const volume = (fields: object) => aRecord({ prType: 'MAX_VOLUME', ...fields });

describe('the records and badges of a portal', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const best = async (query = '') => clientIds((await portal.read(`/api/records${query}`)).items);
  const history = async (query = '') => clientIds((await portal.read(`/api/records/history${query}`)).items);

  describe('GET /api/records', () => {
    it('gives the heaviest per exercise, mode and type, and of equal weights the one with more repetitions', async () => {
      const records = [
        aRecord({ ...day(0), clientId: 'beaten', weight: 30, reps: 12 }),
        aRecord({ ...day(1), clientId: 'best', weight: 32.5, reps: 8 }),
        aRecord({ ...day(2), clientId: 'fewer reps', weight: 32.5, reps: 7 }),
        aRecord({ ...day(3), clientId: 'other mode', weight: 10, workoutMode: 'Pump' }),
        aRecord({ ...day(4), clientId: 'other exercise', weight: 10, exerciseId: 'squat' }),
        aRecord({ ...day(5), clientId: 'other type', weight: 10, prType: 'MAX_VOLUME' }),
      ];
      await portal.push({ records });
      expect(await best()).toEqual(['other type', 'other exercise', 'other mode', 'best']);
      expect(await best('?exerciseId=squat')).toEqual(['other exercise']);
      expect(await best('?mode=Pump')).toEqual(['other mode']);
      expect(await best('?prType=MAX_VOLUME')).toEqual(['other type']);
      expect(await best('?prType=MAX_WEIGHT&mode=Old+School&exerciseId=row')).toEqual(['best']);
    });

    it('gives the greatest volume for MAX_VOLUME, reckoned from weight and repetitions where it is not told', async () => {
      await portal.push({
        records: [
          volume({ ...day(0), clientId: 'heavy', weight: 50, reps: 2, volume: 100 }),
          volume({ ...day(1), clientId: 'much', weight: 20, reps: 15 }),
          volume({ ...day(2), clientId: 'some', weight: 29, reps: 10, volume: 290 }),
        ],
      });
      expect(await best()).toEqual(['much']);
    });

    it('keeps the first of equal records', async () => {
      const records = [2, 0, 1].map((n) => aRecord({ ...day(n), clientId: `day ${n}` }));
      const volumes = [2, 0, 1].map((n) =>
        aRecord({
          ...day(n),
          clientId: `volume ${n}`,
          prType: 'MAX_VOLUME',
          weight: 10,
          reps: 9 + n,
          volume: 90,
        }),
      );
      await portal.push({ records: [...records, ...volumes] });
      expect((await best()).toSorted()).toEqual(['day 0', 'volume 0']);
    });

    it('goes back to the one before when the best is deleted', async () => {
      const heaviest = aRecord({ ...day(1), weight: 40 });
      const second = aRecord(day(0));
      await portal.push({ records: [heaviest, second] });
      await portal.push({ records: [{ ...heaviest, deletedAt: START, updatedAt: START }] });
      expect(await best()).toEqual([second.clientId]);
      expect(await best('?deleted=true')).toEqual([second.clientId]);
    });

    it('pages by the time of the achievement, newest first', async () => {
      await portal.push({
        records: Array.from({ length: 5 }, (_, n) =>
          aRecord({ ...day(n), clientId: `r${n}`, exerciseId: `e${n}` }),
        ),
      });
      const pages = await portal.pages('/api/records?limit=2');
      expect(pages.map(clientIds)).toEqual([['r4', 'r3'], ['r2', 'r1'], ['r0']]);
    });

    it('finds the best among the row numbers of a first-generation phone', async () => {
      const body = JSON.parse(fs.readFileSync('test/fixtures/first-generation-first-push.json', 'utf8')) as {
        records: { exerciseId: string; workoutMode: string; weight: number }[];
      };
      await portal.push(body);
      const { items } = await portal.read('/api/records?limit=500');
      const heaviest = new Map<string, number>();
      for (const { exerciseId, workoutMode, weight } of body.records) {
        const key = `${exerciseId}/${workoutMode}`;
        heaviest.set(key, Math.max(heaviest.get(key) ?? 0, weight));
      }
      const found = (items as { exerciseId: string; workoutMode: string; weight: number }[]).map(
        ({ exerciseId, workoutMode, weight }) => [`${exerciseId}/${workoutMode}`, weight] as const,
      );
      expect(found).toHaveLength(heaviest.size);
      expect(new Map(found)).toEqual(heaviest);
    });
  });

  describe('GET /api/records/history', () => {
    it('gives all of them as a pull does, newest first, and pages', async () => {
      await portal.push({
        records: Array.from({ length: 5 }, (_, n) => aRecord({ ...day(n), clientId: `r${n}`, weight: n })),
      });
      const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
      const pages = await portal.pages('/api/records/history?limit=2', () =>
        portal.push({ records: [aRecord(day(99))] }),
      );
      expect(pages.map(clientIds)).toEqual([['r4', 'r3'], ['r2', 'r1'], ['r0']]);
      expect(pages.flat()).toEqual(expect.arrayContaining(pulled.records));
    });

    it('filters, and hides deleted ones unless asked for', async () => {
      await portal.push({
        records: [
          aRecord({ ...day(0), clientId: 'a' }),
          aRecord({ ...day(1), clientId: 'b', workoutMode: 'Pump' }),
          aRecord({ ...day(2), clientId: 'c', deletedAt: START }),
        ],
      });
      expect(await history()).toEqual(['b', 'a']);
      expect(await history('?mode=Pump')).toEqual(['b']);
      expect(await history('?deleted=true')).toEqual(['c', 'b', 'a']);
    });
  });

  describe('GET /api/badges', () => {
    it('gives badges, those earned last first, without deleted ones', async () => {
      await portal.push({
        badges: [
          aBadge('streak_3', { clientId: '1', earnedAt: START }),
          aBadge('streak_7', { clientId: '2', earnedAt: START + 1 }),
          aBadge('reps_1000', { clientId: '3', earnedAt: START + 2, deletedAt: START }),
        ],
      });
      const names = async (query = '') =>
        (await portal.read(`/api/badges${query}`)).items.map(({ badgeId }: WireRecord) => badgeId);
      expect(await names()).toEqual(['streak_7', 'streak_3']);
      expect(await names('?deleted=true')).toEqual(['reps_1000', 'streak_7', 'streak_3']);
      const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
      expect((await portal.read('/api/badges')).items).toEqual(
        expect.arrayContaining(pulled.badges.filter(({ deletedAt }) => deletedAt === null)),
      );
    });
  });

  describe('GET /api/stats', () => {
    it('is null before a phone has sent them', async () => {
      expect(await portal.read('/api/stats')).toEqual({ stats: null });
    });

    it('gives what a pull gives', async () => {
      await portal.push({
        gamificationStats: {
          clientId: '1',
          totalWorkouts: 7,
          longestStreak: 3,
          updatedAt: START,
          future: 'x',
        },
      });
      const { gamificationStats } = await portal.phone.request('pull', { deviceId: 'a browser' });
      const { stats } = await portal.read('/api/stats');
      expect(stats).toEqual(gamificationStats);
      expect(stats).toMatchObject({ totalWorkouts: 7, future: 'x' });
    });
  });

  it('are the account’s own, and stay readable without premium', async () => {
    await portal.push({
      records: [aRecord()],
      badges: [aBadge('streak_3')],
      gamificationStats: { clientId: '1', totalWorkouts: 7, updatedAt: START },
    });
    const stranger = await portalOf(app);
    await portal.losePremium();
    for (const path of ['/api/records', '/api/records/history?deleted=true', '/api/badges?deleted=true']) {
      expect((await portal.read(path)).items).toHaveLength(1);
      expect((await stranger.read(path)).items).toEqual([]);
    }
    expect((await portal.read('/api/stats')).stats).toMatchObject({ totalWorkouts: 7 });
    expect(await stranger.read('/api/stats')).toEqual({ stats: null });
  });
});
