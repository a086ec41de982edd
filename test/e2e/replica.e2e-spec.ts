import { randomUUID } from 'node:crypto';
import { Replica } from '../../src/database/replica.js';
import { Api, holdClock } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone } from '../support/phone.js';
import { aRoutine, aSet, type Portal, portalOf } from '../support/portal.js';
import { curve, Lifter } from '../support/samples.js';
import { PrimaryAndStandby } from '../support/standby.js';

const READS = [
  '/api/sessions',
  '/api/routines',
  '/api/workouts',
  '/api/totals?by=day',
  '/api/totals/exercises',
  '/api/records',
  '/api/badges',
  '/api/stats',
  '/api/exercises',
];

/** A real standby that follows by streaming replication, and can be told to stand still. */
describe('a portal that reads from a replica', () => {
  let servers: PrimaryAndStandby;
  let app: TestApp;
  let portal: Portal;
  const opened: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    servers = await PrimaryAndStandby.start();
    opened.push(() => servers.stop());
    app = await startTestApp({
      database: servers.database,
      env: { DATABASE_REPLICA_URL: servers.standbyUrl, DATABASE_POOL_SIZE: '4' },
    });
    opened.push(() => app.close());
  }, 120_000);
  afterAll(async () => {
    for (const close of opened.toReversed()) await close();
  });
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  /** How often the replica was asked, and whether it was believed. */
  const spy = () => jest.spyOn(app.app.get(Replica), 'of');

  it('gets what is there from the replica, and the phone never does', async () => {
    await portal.push({ sessions: [aSet()], routines: [aRoutine()] });
    await servers.resume();
    const asked = spy();
    for (const path of READS) await portal.read(path);
    expect(asked.mock.calls.length).toBe(READS.length);
    const statements = await servers.statements();
    expect(statements.length).toBeGreaterThan(0);
    asked.mockClear();
    await portal.phone.request('pull', { lastSync: 0 });
    await portal.push({ routines: [aRoutine()] });
    await portal.phone.status();
    await portal.read('/api/sync/digest');
    await new Api(app.url).get('/api/auth/me', { token: portal.token });
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });

  it('answers alike from the replica and from the primary', async () => {
    await portal.push({ sessions: [aSet(), aSet({ exerciseId: 'squat' })], routines: [aRoutine()] });
    await servers.resume();
    const fromReplica = await Promise.all(READS.map((path) => portal.read(path)));
    const none = jest.spyOn(app.app.get(Replica), 'of').mockReturnValue(undefined);
    const fromPrimary = await Promise.all(READS.map((path) => portal.read(path)));
    none.mockRestore();
    expect(fromReplica).toEqual(fromPrimary);
    expect(fromReplica[0].items).toHaveLength(2);
  });

  it('shows its own edit at once, however far the replica is behind', async () => {
    const routine = aRoutine({ name: 'before' });
    await portal.push({ routines: [routine] });
    await servers.resume();
    await servers.pause();
    const edited = { ...routine, name: 'after', updatedAt: routine.updatedAt + 1 };
    await portal.push({ routines: [edited], sessions: [aSet()] });
    const { items } = await portal.read('/api/routines');
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['after']);
    expect((await portal.read('/api/sessions')).items).toHaveLength(1);
    const { versions } = await portal.read(`/api/sync/history/routines/${items[0].serverId}`);
    expect(versions).toHaveLength(1);
    const deleted = { ...edited, updatedAt: edited.updatedAt + 1, deletedAt: edited.updatedAt + 1 };
    await portal.push({ routines: [deleted] });
    expect((await portal.read('/api/routines')).items).toEqual([]);
    await servers.resume();
    expect((await portal.read('/api/routines')).items).toEqual([]);
  });

  it('shows an edit that lost at once, for which the clock of the account does not move', async () => {
    const routine = aRoutine({ name: 'newer', updatedAt: 2 });
    const { syncTime } = await portal.push({ routines: [routine] });
    await servers.resume();
    await portal.read('/api/routines');
    await servers.pause();
    const other = new Phone(app.url, portal.token, randomUUID());
    await other.request('push', { routines: [{ ...routine, name: 'older', updatedAt: 1 }] });
    expect((await portal.phone.request('pull', { lastSync: syncTime })).syncTime).toBe(syncTime);
    const { versions } = await portal.read(`/api/sync/history/routines/${routine.clientId}`);
    expect(versions).toMatchObject([{ reason: 'lost', record: { name: 'older' } }]);
    await servers.resume();
  });

  it('shows samples at once, which the clock of the account does not count', async () => {
    const lifter = await Lifter.in(app);
    const id = randomUUID();
    await lifter.upload(id, curve(0, 50));
    await servers.resume();
    expect(await lifter.samples(id)).toHaveLength(50);
    await servers.pause();
    await lifter.upload(id, curve(50, 50));
    expect(await lifter.samples(id)).toHaveLength(100);
    const other = randomUUID();
    await lifter.upload(other, curve(0, 10));
    expect(await lifter.samples(other)).toHaveLength(10);
    await servers.resume();
    expect(await lifter.samples(id)).toHaveLength(100);
  });

  it('goes on without the replica when that is gone, and with it when it is back', async () => {
    const clock = holdClock(app.app);
    await portal.push({ routines: [aRoutine()] });
    await servers.resume();
    expect((await portal.read('/api/routines')).items).toHaveLength(1);
    await servers.stopStandby();
    for (let n = 0; n < 3; n++) expect((await portal.read('/api/routines')).items).toHaveLength(1);
    const replica = app.app.get(Replica);
    expect(replica.of(portal.userId)).toBeUndefined();
    await servers.startStandby();
    clock.advance(10_001);
    expect((await portal.read('/api/routines')).items).toHaveLength(1);
    // It has answered: else it would be left alone again.
    expect(replica.of(portal.userId)).toBeDefined();
  });
});
