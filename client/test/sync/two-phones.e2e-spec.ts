import { NEW_EPOCH } from '../../../src/cli/restored.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { type Account, aRecord, expectSameAsPortal, type Phone, Portal } from './phones.js';

let portal: Portal;
let account: Account;
let a: Phone;
let b: Phone;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
  a = await account.phone();
  b = await account.phone();
});

const same = async (...phones: Phone[]) => {
  for (const phone of phones) await expectSameAsPortal(phone);
};

it('what one phone records, the other has after both have synced', async () => {
  const session = await a.manager.records.save(
    'sessions',
    aRecord('sessions', { weightPerCableKg: 30.123456789 }),
  );
  await a.manager.records.save('phaseStats', aRecord('phaseStats', { sessionId: session.clientId }));
  await b.manager.records.save('routines', { name: 'Ober- und Unterkörper 💪' });
  await a.manager.syncAll();
  await b.manager.syncAll();
  await a.manager.syncAll();
  expect(await b.manager.records.get('sessions', session.clientId)).toMatchObject({
    weightPerCableKg: 30.123457,
  });
  expect(await b.manager.records.list('phaseStats')).toHaveLength(1);
  expect(await a.manager.records.list('routines')).toHaveLength(1);
  await same(a, b);
});

it('a portal that gives everything in pages of one record ends in the same state', async () => {
  for (let i = 0; i < 6; i++) {
    const session = await a.manager.records.save('sessions', aRecord('sessions', { timestamp: i }));
    await a.manager.syncAll();
    await a.manager.records.save('phaseStats', aRecord('phaseStats', { sessionId: session.clientId }));
    await a.manager.syncAll();
  }
  const slow = await account.phone({ pageRecords: 1 });
  const { pulled } = await slow.manager.syncAll();
  expect(pulled.received).toBe(12);
  await same(slow);
});

it('two edits of one record end as one on both, and the one that lost is shown as a conflict', async () => {
  const { clientId } = await a.manager.records.save('routines', { name: 'Push day' });
  await a.manager.syncAll();
  await b.manager.syncAll();
  await b.manager.records.save('routines', { clientId, name: 'From B' });
  await a.manager.records.save('routines', { clientId, name: 'From A', updatedAt: 0 });
  await a.manager.syncAll();
  await b.manager.syncAll();
  await a.manager.syncAll();
  const names = [a, b].map(
    async ({ manager }) => (await manager.records.get('routines', clientId))?.['name'],
  );
  const [atA, atB] = await Promise.all(names);
  expect(atA).toBe(atB);
  const conflicts = [...(await a.manager.records.conflicts()), ...(await b.manager.records.conflicts())];
  expect(conflicts).toHaveLength(1);
  const met = [conflicts[0]?.mine['name'], conflicts[0]?.theirs['name']];
  expect(new Set(met)).toEqual(new Set(['From A', 'From B']));
  const { versions } = await a.api.history('routines', clientId);
  const kept = versions.map(({ record }) => (record as { name?: string }).name);
  expect(new Set([...kept, atA])).toEqual(new Set(['From A', 'From B', 'Push day']));
  await same(a, b);
});

it('an unsent edit survives the arrival of another phone’s edit, and is noted as a conflict until it is dismissed', async () => {
  const { clientId } = await a.manager.records.save('routines', { name: 'Push day' });
  await a.manager.syncAll();
  await b.manager.syncAll();
  await b.manager.records.save('routines', { clientId, name: 'From B' });
  await b.manager.syncAll();
  await a.manager.records.save('routines', { clientId, name: 'From A' });
  await a.manager.pullChanges();
  expect((await a.manager.records.get('routines', clientId))?.['name']).toBe('From A');
  expect(a.manager.getStatus()).toMatchObject({ pending: 1, conflicts: 1 });
  const [conflict] = await a.manager.records.conflicts();
  expect(conflict).toMatchObject({ kept: 'mine', theirs: { name: 'From B' } });
  await a.manager.records.dismissConflict(conflict?.id ?? '');
  await a.manager.syncAll();
  await b.manager.syncAll();
  expect((await b.manager.records.get('routines', clientId))?.['name']).toBe('From A');
  expect(a.manager.getStatus()).toMatchObject({ pending: 0, conflicts: 0 });
  await same(a, b);
});

it('a deleted parent hides its children everywhere, and brings them back with it', async () => {
  const { clientId } = await a.manager.records.save('routines', { name: 'Push day' });
  await a.manager.records.save('routineExercises', aRecord('routineExercises', { routineId: clientId }));
  await a.manager.syncAll();
  await b.manager.syncAll();
  await b.manager.records.remove('routines', clientId);
  expect(await b.manager.records.list('routineExercises')).toEqual([]);
  await b.manager.syncAll();
  await a.manager.syncAll();
  expect(await a.manager.records.list('routines')).toEqual([]);
  expect(await a.manager.records.list('routineExercises')).toEqual([]);
  const { versions } = await a.api.history('routines', clientId);
  await a.api.restoreVersion({ collection: 'routines', id: clientId, version: versions[0]?.version ?? 0 });
  await a.manager.syncAll();
  await b.manager.syncAll();
  expect(await b.manager.records.list('routineExercises')).toHaveLength(1);
  await same(a, b);
});

it('tells listeners of a child only when its parent is here', async () => {
  const heard: string[] = [];
  b.manager.records.onChange((changed) => heard.push(...changed.map(({ collection }) => collection)));
  const parent = { clientId: 'a-routine', name: 'Push day', createdAt: 1, updatedAt: 1 };
  await b.manager.records.save('supersets', { routineId: parent.clientId, name: 'S', orderIndex: 0 });
  expect(heard).toEqual([]);
  expect(await b.manager.records.list('supersets')).toEqual([]);
  await a.api.push({ deviceId: 'a', routines: [parent] });
  await b.manager.syncAll();
  expect(heard).toEqual(expect.arrayContaining(['routines', 'supersets']));
  expect(await b.manager.records.list('supersets')).toHaveLength(1);
  await same(b);
});

it('the same badge earned on two phones is one badge, found under either id', async () => {
  const onA = await a.manager.records.save('badges', { badgeId: 'first', earnedAt: 5 });
  await a.manager.syncAll();
  const onB = await b.manager.records.save('badges', { badgeId: 'first', earnedAt: 6 });
  await b.manager.syncAll();
  await a.manager.syncAll();
  await b.manager.syncAll();
  for (const { manager } of [a, b]) expect(await manager.records.list('badges')).toHaveLength(1);
  expect(await b.manager.records.get('badges', onB.clientId)).toMatchObject({ badgeId: 'first' });
  expect(await a.manager.records.get('badges', onA.clientId)).toMatchObject({ badgeId: 'first' });
  await same(a, b);
});

it('a phone that already had another’s badge merges its own into it', async () => {
  await a.manager.records.save('badges', { badgeId: 'first', earnedAt: 5 });
  await a.manager.syncAll();
  await b.manager.pullChanges();
  const own = await b.manager.records.save('badges', { badgeId: 'first', earnedAt: 6 });
  await b.manager.syncAll();
  expect(await b.manager.records.list('badges')).toHaveLength(1);
  expect(await b.manager.records.get('badges', own.clientId)).toMatchObject({
    badgeId: 'first',
    earnedAt: 6,
  });
  await a.manager.syncAll();
  await same(a, b);
});

it('the statistics of two phones are merged', async () => {
  await a.manager.records.save('gamificationStats', { totalWorkouts: 7, longestStreak: 2 });
  await b.manager.records.save('gamificationStats', { totalWorkouts: 5, longestStreak: 9 });
  await a.manager.syncAll();
  await b.manager.syncAll();
  await a.manager.syncAll();
  expect((await a.manager.records.list('gamificationStats'))[0]).toMatchObject({
    totalWorkouts: 7,
    longestStreak: 9,
  });
  await same(a, b);
});

it('a phone restored from its backup catches up, and loses nothing it had not sent', async () => {
  const store = new MemoryStore();
  const phone = await account.phone({ store });
  await phone.manager.records.save('routines', { name: 'Before the backup' });
  await phone.manager.records.save('routines', { name: 'Not sent' });
  const backup = store.snapshot();
  await phone.manager.records.save('routines', { name: 'After the backup' });
  await phone.manager.syncAll();
  const restored = await account.phone({ store: MemoryStore.from(backup) });
  expect(restored.deviceId).toBe(phone.deviceId);
  await restored.manager.syncAll();
  expect(await restored.manager.records.list('routines')).toHaveLength(3);
  await same(restored);
});

it('after the portal was restored from a backup, phones give back what it had lost', async () => {
  const { clientId } = await a.manager.records.save('routines', { name: 'Lost by the portal' });
  const session = await a.manager.records.save('sessions', aRecord('sessions'));
  await a.manager.recordSamples(session.clientId, [{ timestamp: 1, load: 4 }]);
  await a.manager.syncAll();
  await b.manager.syncAll();
  for (const table of ['routines', 'workout_sessions', 'record_versions', 'device_cursors', 'metric_chunks'])
    await portal.query(`delete from ${table} where user_id = $1`, [account.userId]);
  await portal.app.owner.query({ text: NEW_EPOCH });
  await b.manager.records.save('routines', { name: 'Made meanwhile' });
  await b.manager.syncAll();
  await a.manager.syncAll();
  expect(await a.manager.records.get('routines', clientId)).toMatchObject({ name: 'Lost by the portal' });
  expect(await a.manager.records.list('routines')).toHaveLength(2);
  expect((await a.api.downloadMetrics(session.clientId)).columns?.timestamp).toEqual([1]);
  expect(a.manager.getStatus()).toMatchObject({ pending: 0, conflicts: 0 });
  await b.manager.syncAll();
  await same(a, b);
});

it('a newer program receives what an older one did not know and passed over', async () => {
  await a.manager.records.save('routines', { name: 'Push day' });
  await a.manager.syncAll();
  const store = new MemoryStore();
  await (await account.phone({ store })).manager.syncAll();
  await store.write(async (tx) => {
    const state = (await tx.get('meta', 'device')) as { knows: string[] };
    for (const { key } of await tx.list('records', { prefix: 'routines/' })) await tx.delete('records', key);
    await tx.put('meta', 'device', { ...state, knows: state.knows.filter((name) => name !== 'routines') });
  });
  const newer = await account.phone({ store });
  await newer.manager.syncAll();
  expect(await newer.manager.records.list('routines')).toHaveLength(1);
  await same(newer);
});

it('a store does not mix two accounts, unless it is told to move', async () => {
  await a.manager.records.save('routines', { name: 'Mine' });
  await a.manager.syncAll();
  const other = await portal.account();
  const moved = await other.phone({ store: a.store });
  await expect(moved.manager.syncAll()).rejects.toMatchObject({ code: 'client.other_account' });
  expect((await moved.api.routines()).items).toEqual([]);
  await moved.manager.moveToAccount(other.userId);
  await moved.manager.syncAll();
  expect((await moved.api.routines()).items).toHaveLength(1);
  await same(moved);
  await same(await account.phone().then(async (phone) => (await phone.manager.syncAll(), phone)));
});
