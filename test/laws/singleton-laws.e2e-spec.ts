import '../../src/app.module.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, Phone, premiumAccount, type WireRecord } from '../support/phone.js';

const T = 1_765_000_000_000;

const stats = (values: object): WireRecord => ({
  clientId: '1',
  totalWorkouts: 10,
  totalReps: 100,
  totalVolumeKg: 1000,
  longestStreak: 5,
  currentStreak: 2,
  uniqueExercisesUsed: 7,
  prsAchieved: 3,
  lastWorkoutDate: T,
  streakStartDate: T - 86_400_000,
  updatedAt: T,
  ...values,
});

/** What every phone computes for itself, and the server merges: gamificationStats. */
describe('the statistics of an account', () => {
  let app: TestApp;
  let account: Account;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    account = await premiumAccount(app);
  });

  const phone = (name: string) => new Phone(app.url, account.token, name);
  const head = async () => (await phone('reader').request('pull', { lastSync: 1 })).gamificationStats;

  it('are null until somebody has sent some', async () => {
    expect(await head()).toBeNull();
  });

  it('come back as they were sent', async () => {
    await phone('a').request('push', { gamificationStats: stats({ newKey: [1] }) });
    expect(await head()).toEqual(stats({ newKey: [1] }));
  });

  it('take the greater counters, and the streak of the later workout', async () => {
    await phone('a').request('push', { gamificationStats: stats({ totalReps: 300, currentStreak: 9 }) });
    const later = {
      totalReps: 200,
      totalWorkouts: 11,
      currentStreak: 1,
      lastWorkoutDate: T + 5,
      streakStartDate: T + 5,
    };
    await phone('b').request('push', { gamificationStats: stats({ ...later, updatedAt: T - 7 }) });
    expect(await head()).toEqual(stats({ ...later, totalReps: 300, updatedAt: T }));
  });

  it('do not move anything when they say nothing new', async () => {
    const first = await phone('a').request('push', { gamificationStats: stats({}) });
    const again = await phone('a').request('push', { gamificationStats: stats({ updatedAt: T + 99 }) });
    expect(again.syncTime).toBe(first.syncTime);
    expect((await phone('a').request('pull', {})).gamificationStats).toBeNull();
  });

  it('keep what a first-generation phone does not know', async () => {
    await phone('a').request('push', { gamificationStats: stats({}) });
    const { clientId, totalWorkouts, updatedAt } = stats({ totalWorkouts: 12, updatedAt: T + 1 });
    await phone('b').request('push', { gamificationStats: { clientId, totalWorkouts, updatedAt } });
    expect(await head()).toEqual(stats({ totalWorkouts: 12, updatedAt: T + 1 }));
  });

  it('tell a phone that counts less once, and then leave it alone', async () => {
    await phone('a').request('push', { gamificationStats: stats({}) });
    const b = phone('b');
    let cursor = (await b.request('pull', {})).syncTime;
    const less = { gamificationStats: stats({ totalReps: 1 }) };
    await b.request('push', { lastSync: cursor, ...less });
    const told = await b.request('pull', { lastSync: cursor });
    expect(told.gamificationStats).toEqual(stats({}));
    cursor = told.syncTime;
    await b.request('push', { lastSync: cursor, ...less });
    const quiet = await b.request('pull', { lastSync: cursor });
    expect([quiet.gamificationStats, quiet.syncTime]).toEqual([null, cursor]);
  });

  it('send a merged state to the phone whose push made it', async () => {
    await phone('a').request('push', { gamificationStats: stats({ totalReps: 500 }) });
    const b = phone('b');
    await b.request('push', { gamificationStats: stats({ totalWorkouts: 50 }) });
    expect((await b.request('pull', {})).gamificationStats).toEqual(
      stats({ totalReps: 500, totalWorkouts: 50 }),
    );
  });

  it.each([
    ['a text', 'stats', 400],
    ['an array', [], 400],
    ['null', null, 200],
  ])('may not be %s unless it is null', async (_, gamificationStats, status) => {
    expect((await phone('a').send('/api/sync/push', { gamificationStats })).status).toBe(status);
  });

  it('are refused alone when a value is wrong', async () => {
    const answer = await phone('a').request('push', {
      gamificationStats: stats({ totalReps: '7' }),
      badges: [{ clientId: '1', badgeId: 'streak_3', earnedAt: T, createdAt: T, updatedAt: T }],
    });
    expect(answer.rejected).toMatchObject([
      { collection: 'gamificationStats', clientId: '1', code: 'record.wrong_type', field: 'totalReps' },
    ]);
    expect(Object.keys(answer.idMappings['badges'] ?? {})).toEqual(['1']);
  });
});
