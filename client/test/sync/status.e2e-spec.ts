import type { SyncStatus } from '../../src/sync/sync-status.js';
import { offline, problem } from '../api/network.js';
import { type Account, aRecord, expectSameAsPortal, type Phone, Portal } from './phones.js';

let portal: Portal;
let account: Account;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
});

const watch = ({ manager }: Phone): SyncStatus[] => {
  const seen: SyncStatus[] = [];
  manager.subscribe((status) => seen.push(status));
  return seen;
};

const steps = (list: SyncStatus[], phase: string) =>
  list.flatMap(({ progress }) => (progress?.phase === phase ? [[progress.done, progress.total]] : []));

it('counts what is done and what there is, while it pushes and while it pulls', async () => {
  const writer = await account.phone({ batchRecords: 10 });
  for (let i = 0; i < 25; i++)
    await writer.manager.records.save('sessions', aRecord('sessions', { timestamp: i }));
  const pushing = watch(writer);
  await writer.manager.syncAll();
  expect(new Set(steps(pushing, 'push').map(String))).toEqual(new Set(['0,25', '10,25', '20,25', '25,25']));
  // Pages end between versions, of which every push made one.
  const reader = await account.phone({ pageRecords: 10 });
  const pulling = watch(reader);
  await reader.manager.syncAll();
  expect(steps(pulling, 'pull').at(-1)).toEqual([20, 25]);
  expect(pulling.at(-1)).toMatchObject({ state: 'idle', progress: null });
});

it('says when the portal cannot be reached, and when that is over', async () => {
  const phone = await account.phone();
  await phone.manager.records.save('routines', { name: 'one' });
  phone.network.harm('/', offline, 1);
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.offline' });
  expect(phone.manager.getStatus()).toMatchObject({
    state: 'offline',
    pending: 1,
    error: { code: 'client.offline' },
  });
  const before = Date.now();
  await phone.manager.syncAll();
  const status = phone.manager.getStatus();
  expect(status).toMatchObject({ state: 'idle', pending: 0, error: null });
  expect(status.lastSyncedAt).toBeGreaterThanOrEqual(before);
});

it('keeps the time of the last sync and the number of pending edits across a restart', async () => {
  const phone = await account.phone();
  await phone.manager.syncAll();
  await phone.manager.records.save('routines', { name: 'one' });
  const { lastSyncedAt } = phone.manager.getStatus();
  const restarted = await account.phone({ store: phone.store });
  await restarted.manager.refreshStatus();
  expect(restarted.manager.getStatus()).toMatchObject({ pending: 1, lastSyncedAt });
});

it('without premium it sends nothing and says so; when premium is there, it goes on', async () => {
  const free = await portal.account({ isPremium: false });
  const phone = await free.phone();
  await phone.manager.records.save('routines', { name: 'one' });
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'premium.required' });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'notPremium', pending: 1 });
  const asked = phone.network.requests('/api/sync/push').length;
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'premium.required' });
  expect(phone.network.requests('/api/sync/push')).toHaveLength(asked);
  expect(phone.network.requests('/api/sync/status')).toHaveLength(1);
  await free.setPremium(true);
  await phone.manager.syncAll();
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 0 });
  await expectSameAsPortal(phone);
});

it('signed out is a state of its own, and nothing is lost by it', async () => {
  const phone = await account.phone();
  await phone.manager.records.save('routines', { name: 'one' });
  await phone.api.forgetTokens();
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.signed_out' });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'signedOut', pending: 1 });
});

it('an error that waiting does not mend is shown as one', async () => {
  const phone = await account.phone();
  phone.network.harm('/api/sync/pull', problem(403, 'sync.device_revoked'));
  await expect(phone.manager.syncAll()).rejects.toMatchObject({
    code: 'sync.device_revoked',
    retryable: false,
  });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'error', error: { code: 'sync.device_revoked' } });
});

it('an edit is counted as soon as it is stored', async () => {
  const phone = await account.phone();
  const seen = watch(phone);
  const { clientId } = await phone.manager.records.save('routines', { name: 'one' });
  await phone.manager.refreshStatus();
  expect(seen.at(-1)?.pending).toBe(1);
  await phone.manager.records.save('routines', { clientId, name: 'two' });
  await phone.manager.refreshStatus();
  expect(seen.at(-1)?.pending).toBe(1);
});
