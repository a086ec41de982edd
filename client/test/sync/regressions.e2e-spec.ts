import { MemoryStore } from '../../src/store/memory-store.js';
import type { PortalError } from '../../src/api/portal-error.js';
import type { SyncPullAnswer } from '../../src/api/sync-api.js';
import { AutoSync } from '../../src/sync/auto-sync.js';
import { PASSWORD } from '../../../test/support/api.js';
import { lostAnswer, problem } from '../api/network.js';
import { type Account, aRecord, expectSameAsPortal, type Phone, Portal } from './phones.js';

// What a hostile review and the simulation once found.

let portal: Portal;
let account: Account;
let phone: Phone;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
  phone = await account.phone({ batchRecords: 2, pageRecords: 2 });
});

const PUSH = '/api/sync/push';
const PULL = '/api/sync/pull';
const addRoutines = async ({ manager }: Phone, count: number) => {
  for (let i = 0; i < count; i++) await manager.records.save('routines', { name: `routine ${i}` });
};

it.each([PUSH, PULL])('nothing goes to an account that signs in during %s of another one', async (path) => {
  const other = await portal.account();
  const theirs = await other.phone();
  await addRoutines(theirs, 5);
  await theirs.manager.syncAll();
  await addRoutines(phone, 6);
  phone.network.harm(path, async (send) => {
    const answer = await send();
    await phone.api.logIn({ email: other.email, password: PASSWORD });
    return answer;
  });
  // The last page of a pull may be the last request of all.
  const outcome = () => phone.manager.syncAll().catch((error: PortalError) => error.code);
  expect([await outcome(), await outcome()]).toContain('client.other_account');
  expect((await theirs.api.routines()).items).toHaveLength(5);
  expect(await phone.manager.records.list('routines')).toHaveLength(6);
});

it('a refused edit moves to another account beside what the portal had, and can be given up there', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'kept' });
  await phone.manager.syncAll();
  await phone.manager.records.save('routines', { clientId, name: 'x'.repeat(300) });
  await phone.manager.syncAll();
  const other = await portal.account();
  const moved = await other.phone({ store: phone.store });
  await moved.manager.moveToAccount(other.userId);
  await moved.manager.syncAll();
  expect((await moved.api.routines()).items[0]?.name).toBe('kept');
  await moved.manager.records.discard('routines', clientId);
  expect(await moved.manager.records.get('routines', clientId)).toMatchObject({ name: 'kept' });
  await moved.manager.syncAll();
  await expectSameAsPortal(moved);
});

it('what one account acknowledged proves nothing to another one', async () => {
  const other = await portal.account();
  const { deviceId } = phone;
  // In an earlier life this device pushed once there, as it does here: both have counted one push.
  const earlier = await other.phone({ device: { deviceId } });
  await addRoutines(earlier, 1);
  await earlier.manager.syncAll();
  await addRoutines(phone, 1);
  await phone.manager.syncAll();
  const [own] = await phone.manager.records.list('routines');
  await phone.api.logIn({ email: other.email, password: PASSWORD });
  await phone.manager.moveToAccount(other.userId);
  await phone.manager.pullChanges();
  const ids = (await phone.manager.records.list('routines')).map(({ clientId }) => clientId);
  expect(ids).toHaveLength(2);
  expect(ids).toContain(own?.clientId);
});

it('a child that names its parent by the old server id moves with it', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'parent' });
  await phone.manager.syncAll();
  const serverId = (await phone.manager.records.get('routines', clientId))?.serverId ?? '';
  await phone.manager.records.save('supersets', { routineId: serverId, name: 'child', orderIndex: 0 });
  const other = await portal.account();
  const moved = await other.phone({ store: phone.store });
  await moved.manager.moveToAccount(other.userId);
  await moved.manager.syncAll();
  expect(await moved.manager.records.list('supersets')).toHaveLength(1);
  await expectSameAsPortal(moved);
});

it('a record that no portal can read is set aside, and all others go', async () => {
  const poison = JSON.parse('{"name":"poison","__proto__":{"a":1}}') as { name: string };
  const { clientId } = await phone.manager.records.save('routines', poison);
  await addRoutines(phone, 3);
  await phone.manager.syncAll();
  expect((await phone.api.routines()).items).toHaveLength(Object.hasOwn(poison, '__proto__') ? 3 : 4);
  expect((await phone.manager.records.rejected()).map(({ record }) => record.clientId)).toEqual([clientId]);
  expect(phone.manager.getStatus()).toMatchObject({ pending: 0, rejected: 1 });
});

it('where nothing at all can be pushed, no record is blamed for it', async () => {
  await addRoutines(phone, 3);
  phone.network.harm(PUSH, problem(400, 'request.invalid'), 50);
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'request.invalid' });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'error', pending: 3, rejected: 0 });
});

it('a page that says there is more and leads nowhere ends the sync', async () => {
  await phone.manager.syncAll();
  phone.network.harm(
    PULL,
    async (send) => {
      const answer = (await (await send()).json()) as SyncPullAnswer;
      const page = JSON.stringify({ ...answer, hasMore: true });
      return new Response(page, { headers: { 'content-type': 'application/json' } });
    },
    9,
  );
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.bad_answer' });
});

it('the same edit made on two phones leaves both like the portal', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'before' });
  await phone.manager.syncAll();
  const other = await account.phone();
  await other.manager.syncAll();
  for (const { manager } of [phone, other]) {
    await manager.records.save('routines', { clientId, name: 'after' });
    await manager.syncAll();
  }
  await expectSameAsPortal(other);
  await phone.manager.syncAll();
  await expectSameAsPortal(phone);
});

it('an edit that is taken back after its answer was lost leaves the phone like the portal', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'before' });
  await phone.manager.syncAll();
  await phone.manager.records.save('routines', { clientId, name: 'after' });
  phone.network.harm(PUSH, lostAnswer);
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.offline' });
  await phone.manager.records.save('routines', { clientId, name: 'before' });
  await phone.manager.syncAll();
  expect((await phone.api.routines()).items[0]?.name).toBe('before');
  await expectSameAsPortal(phone);
});

it('a new installation under the old device id is sent what it once sent itself', async () => {
  await addRoutines(phone, 2);
  await phone.manager.syncAll();
  const again = await account.phone({ store: new MemoryStore(), device: { deviceId: phone.deviceId } });
  await again.manager.syncAll();
  expect(await again.manager.records.list('routines')).toHaveLength(2);
  await expectSameAsPortal(again);
});

it('two clones of one phone each receive what the other sent', async () => {
  const store = new MemoryStore();
  const one = await account.phone({ store });
  await one.manager.syncAll();
  const two = await account.phone({ store: MemoryStore.from(store.snapshot()) });
  await two.manager.syncAll();
  await addRoutines(one, 1);
  await one.manager.syncAll();
  await two.manager.syncAll();
  expect(await two.manager.records.list('routines')).toHaveLength(1);
});

it('a fault in a listener of the application does not look like one of the store', async () => {
  const faults: unknown[] = [];
  const stop = phone.manager.records.onChange(() => {
    throw new Error('a bug of the application');
  });
  const reported = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((work) => {
    faults.push(work);
  });
  await phone.manager.records.save('routines', { name: 'kept' }).finally(stop);
  reported.mockRestore();
  expect(await phone.manager.records.list('routines')).toHaveLength(1);
  expect(faults).toHaveLength(1);
});

it('a badge that is edited while its twin is sent keeps the edit', async () => {
  await phone.manager.records.save('badges', { badgeId: 'first', earnedAt: 5 });
  await phone.manager.syncAll();
  const [held] = await phone.manager.records.list('badges');
  await phone.manager.records.save('badges', { badgeId: 'first', earnedAt: 6 });
  phone.network.harm(PUSH, async (send) => {
    await phone.manager.records.save('badges', { clientId: held?.clientId ?? '', celebratedAt: 777 });
    return send();
  });
  await phone.manager.syncAll();
  await phone.manager.syncAll();
  expect(await phone.manager.records.list('badges')).toMatchObject([{ celebratedAt: 777 }]);
  await expectSameAsPortal(phone);
});

it('AutoSync that is started, stopped and started again syncs at once', async () => {
  const connectivity = { onOnline: () => () => undefined };
  const auto = new AutoSync(phone.manager, { connectivity });
  await phone.manager.records.save('sessions', aRecord('sessions'));
  const synced = new Promise<void>((resolve) => {
    phone.manager.subscribe(({ lastSyncedAt }) => lastSyncedAt !== null && resolve());
  });
  auto.start();
  auto.stop();
  auto.start();
  await synced;
  auto.stop();
  expect((await phone.api.sessions()).items).toHaveLength(1);
});
