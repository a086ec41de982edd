import { gunzipSync } from 'node:zlib';
import { json, lostAnswer, offline, page, problem } from '../api/network.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { type Account, aRecord, expectSameAsPortal, type Phone, Portal } from './phones.js';

let portal: Portal;
let account: Account;
let phone: Phone;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
  phone = await account.phone();
});

const PUSH = '/api/sync/push';
const addRoutines = async ({ manager }: Phone, count: number) => {
  for (let i = 0; i < count; i++) await manager.records.save('routines', { name: `routine ${i}` });
};
const pushedCounts = () =>
  phone.network.requests(PUSH).map(({ body }) => {
    const text = typeof body === 'string' ? body : gunzipSync(body as Uint8Array).toString();
    return (JSON.parse(text) as { routines?: unknown[] }).routines?.length ?? 0;
  });

it('an answer that was lost is asked for again, and nothing is there twice', async () => {
  await addRoutines(phone, 3);
  phone.network.harm(PUSH, lostAnswer);
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.offline', retryable: true });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'offline', pending: 3 });
  await phone.manager.syncAll();
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 0 });
  expect((await phone.api.routines()).items).toHaveLength(3);
  await expectSameAsPortal(phone);
});

it('a captive portal’s page acknowledges nothing', async () => {
  await addRoutines(phone, 1);
  phone.network.harm(PUSH, page(200));
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.bad_answer' });
  phone.network.harm(PUSH, json(200, { ok: true }));
  await expect(phone.manager.syncAll()).rejects.toMatchObject({ code: 'client.bad_answer' });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'offline', pending: 1 });
  await phone.manager.syncAll();
  expect((await phone.api.routines()).items).toHaveLength(1);
});

it('an edit that is made while the push is under way is sent with the next one', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'first' });
  phone.network.harm(PUSH, async (send) => {
    await phone.manager.records.save('routines', { clientId, name: 'second' });
    return send();
  });
  await phone.manager.syncAll();
  expect(phone.manager.getStatus().pending).toBe(1);
  expect((await phone.api.routines()).items[0]?.name).toBe('first');
  await phone.manager.syncAll();
  expect((await phone.api.routines()).items[0]?.name).toBe('second');
  expect(await phone.manager.records.conflicts()).toEqual([]);
  await expectSameAsPortal(phone);
});

it('an edit that is given up while it is under way is given up on the portal too', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'kept' });
  await phone.manager.syncAll();
  await phone.manager.records.save('routines', { clientId, name: 'given up' });
  phone.network.harm(PUSH, async (send) => {
    const answer = await send();
    await phone.manager.records.discard('routines', clientId);
    return answer;
  });
  await phone.manager.syncAll();
  await phone.manager.syncAll();
  expect((await phone.api.routines()).items[0]?.name).toBe('kept');
  await expectSameAsPortal(phone);
});

it('a batch that is too large for the portal is halved until it fits', async () => {
  await addRoutines(phone, 8);
  phone.network.harm(PUSH, problem(413, 'request.too_large'), 2);
  await phone.manager.syncAll();
  expect(pushedCounts()).toEqual([8, 4, 2, 4, 2]);
  await expectSameAsPortal(phone);
});

it('a batch that takes too long is halved, and the sync goes on', async () => {
  await addRoutines(phone, 8);
  phone.network.harm(PUSH, () => new Promise<never>(() => {}), 2);
  await phone.manager.syncAll({ timeoutMs: 300 });
  expect(pushedCounts()).toEqual([8, 4, 2, 4, 2]);
  await expectSameAsPortal(phone);
});

it('a record that is too large by itself is set aside with the reason, and the others go', async () => {
  const large = await phone.manager.records.save('routines', { name: 'large', description: 'x'.repeat(900) });
  await addRoutines(phone, 3);
  phone.network.fetch = wrap(phone, (text) => text.includes('"large"'), problem(413, 'request.too_large'));
  await phone.manager.syncAll();
  expect((await phone.manager.records.rejected()).map(({ record }) => record.clientId)).toEqual([
    large.clientId,
  ]);
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 0, rejected: 1 });
  expect((await phone.api.routines()).items).toHaveLength(3);
});

function wrap(at: Phone, concerns: (body: string) => boolean, fault: ReturnType<typeof problem>) {
  const through = at.network.fetch;
  return ((url, init) => {
    const isConcerned = url.includes(PUSH) && concerns(textOf(init.body));
    return isConcerned ? fault(() => through(url, init)) : through(url, init);
  }) as typeof through;
}
const textOf = (body: unknown) =>
  typeof body === 'string' ? body : gunzipSync(body as Uint8Array).toString();

it('a record that the portal refuses is set aside once, and sent again when it is mended', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'x'.repeat(300) });
  await addRoutines(phone, 1);
  await phone.manager.syncAll();
  await phone.manager.syncAll();
  const [refused] = await phone.manager.records.rejected();
  expect(refused?.refusal).toMatchObject({ code: 'record.too_long', field: 'name' });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 0, rejected: 1 });
  expect(pushedCounts()).toEqual([2]);
  await expectSameAsPortal(phone);
  await phone.manager.records.save('routines', { clientId, name: 'short' });
  await phone.manager.syncAll();
  expect(await phone.manager.records.rejected()).toEqual([]);
  expect((await phone.api.routines()).items).toHaveLength(2);
  await expectSameAsPortal(phone);
});

it('a refused edit can be given up: the record is again what the portal has', async () => {
  const { clientId } = await phone.manager.records.save('routines', { name: 'short' });
  const fresh = await phone.manager.records.save('routines', { name: 'y'.repeat(300) });
  await phone.manager.syncAll();
  await phone.manager.records.save('routines', { clientId, name: 'x'.repeat(300) });
  await phone.manager.syncAll();
  for (const id of [clientId, fresh.clientId]) await phone.manager.records.discard('routines', id);
  expect(await phone.manager.records.get('routines', clientId)).toMatchObject({ name: 'short' });
  expect(await phone.manager.records.get('routines', fresh.clientId)).toBeUndefined();
  await phone.manager.syncAll();
  expect(phone.manager.getStatus()).toMatchObject({ pending: 0, rejected: 0 });
  await expectSameAsPortal(phone);
});

it('records and the cursor behind them are stored together or not at all', async () => {
  const writer = await account.phone();
  await addRoutines(writer, 5);
  await writer.manager.syncAll();
  const store = new MemoryStore();
  const before = store.snapshot();
  const failing: Store = {
    read: (work) => store.read(work),
    close: () => store.close(),
    write: (work) =>
      store.write(async (tx) => {
        const result = await work(tx);
        if ((await tx.count('records')) > 0) throw new Error('the battery is empty');
        return result;
      }),
  };
  const reader = await account.phone({ store: failing });
  await expect(reader.manager.syncAll()).rejects.toMatchObject({ code: 'client.storage' });
  expect(before).toBeDefined();
  expect(await store.read((tx) => tx.count('records'))).toBe(0);
  const again = await account.phone({ store, device: { deviceId: reader.deviceId } });
  const { pulled } = await again.manager.syncAll();
  expect(pulled.received).toBe(5);
  await expectSameAsPortal(again);
});

it('two programs on one store, syncing at once, end with one state', async () => {
  const writer = await account.phone();
  for (let i = 0; i < 20; i++)
    await writer.manager.records.save('sessions', aRecord('sessions', { timestamp: i }));
  await writer.manager.syncAll();
  const twin = await account.phone({ store: phone.store, pageRecords: 3 });
  await addRoutines(phone, 10);
  await Promise.all([phone.manager.syncAll(), twin.manager.syncAll(), addRoutines(twin, 10)]);
  await twin.manager.syncAll();
  expect(twin.deviceId).toBe(phone.deviceId);
  expect((await phone.api.routines()).items).toHaveLength(20);
  await expectSameAsPortal(phone);
  await expectSameAsPortal(twin);
});

it('however many callers ask, one sync runs at a time', async () => {
  await addRoutines(phone, 3);
  let running = 0;
  let most = 0;
  const through = phone.network.fetch;
  phone.network.fetch = async (url, init) => {
    most = Math.max(most, ++running);
    try {
      return await through(url, init);
    } finally {
      running--;
    }
  };
  await Promise.all(Array.from({ length: 10 }, () => phone.manager.syncAll()));
  expect(most).toBe(1);
  expect(phone.network.requests(PUSH)).toHaveLength(1);
});

it('a caller who comes while a sync runs gets one that has what it has stored', async () => {
  let second: Promise<unknown> | undefined;
  await addRoutines(phone, 1);
  phone.network.harm('/api/sync/pull', async (send) => {
    await phone.manager.records.save('routines', { name: 'late' });
    second = phone.manager.syncAll();
    return send();
  });
  await phone.manager.syncAll();
  await second;
  expect((await phone.api.routines()).items).toHaveLength(2);
});

it('a sync that is aborted leaves everything to be sent', async () => {
  await addRoutines(phone, 2);
  const controller = new AbortController();
  phone.network.harm(PUSH, () => {
    controller.abort();
    return offline(() => Promise.reject(new Error('unused')));
  });
  await expect(phone.manager.syncAll({ signal: controller.signal })).rejects.toMatchObject({
    code: 'client.aborted',
  });
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 2 });
});
