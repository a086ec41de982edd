import { fieldsOf } from '../../src/common/fields.js';
import { SyncModule } from '../../src/sync/sync.module.js';
import type { WireRecord } from '../support/phone.js';
import { type LawBench, T } from './law-bench.js';

const byId = (a: WireRecord, b: WireRecord) => String(a.serverId).localeCompare(String(b.serverId));

export function deliveryLaws(the: () => LawBench): void {
  it('does not send a phone what it holds, by either cursor', async () => {
    const phone = the().phone();
    const body = the().body(the().record(1), the().record(2));
    const { syncTime } = await phone.request('push', body);
    expect(the().own(await phone.request('pull', { lastSync: 0 }))).toEqual([]);
    expect(the().own(await phone.request('pull', { lastSync: syncTime }))).toEqual([]);
    // Restored to before its first sync and pushing nothing, it is sent everything.
    await phone.request('push', { lastSync: 0 });
    expect(the().own(await phone.request('pull', { lastSync: 0 }))).toHaveLength(2);
  });

  it('sends everything again to a cursor it never issued to this very device', async () => {
    const phone = the().phone();
    const { syncTime } = await phone.request('push', the().body(the().record(1)));
    for (const lastSync of [syncTime - 1, syncTime + 1, Date.now() + 1e12, 2 ** 60, -5]) {
      const answer = await the().phone().request('pull', { lastSync });
      expect([answer.resync, the().own(answer).length]).toEqual([true, 1]);
    }
    const other = await the().phone().request('pull', { lastSync: syncTime });
    expect([other.resync, the().own(other).length]).toEqual([true, 1]);
  });

  it('sends a new phone no tombstones, and everybody else every one', async () => {
    const [phone, other] = [the().phone(), the().phone()];
    const record = the().record(1);
    await phone.request('push', the().body(record));
    const { syncTime } = await other.request('pull', {});
    await phone.request('push', {
      [the().definition.name]: [{ clientId: record.clientId, deletedAt: T + 1 }],
    });
    expect(the().own(await the().phone().request('pull', {}))).toEqual([]);
    expect(the().own(await other.request('pull', { lastSync: syncTime }))).toMatchObject([
      { deletedAt: T + 1 },
    ]);
  });

  it('cuts pages between versions, and the pages together are the whole', async () => {
    const writer = the().phone();
    for (const n of [1, 2, 3, 4, 5]) await writer.request('push', the().body(the().record(n)));
    const whole = await the().phone().request('pull', {});
    const [reader, seen] = [the().phone(), [] as WireRecord[]];
    let [lastSync, pages] = [0, 0];
    for (let more = true; more; pages++) {
      const page = await reader.request('pull', { lastSync, limit: 1 });
      seen.push(...the().own(page));
      more = page.hasMore;
      lastSync = page.syncTime;
    }
    expect(seen.toSorted(byId)).toEqual(the().own(whole).toSorted(byId));
    expect(pages).toBeGreaterThan(4);
    expect(lastSync).toBe(whole.syncTime);
  });

  it('counts as pending exactly what the next pull brings', async () => {
    const [writer, reader] = [the().phone(), the().phone()];
    expect((await reader.status()).pendingChanges).toBe(0);
    const { syncTime } = await reader.request('pull', {});
    await writer.request('push', the().body(the().record(1), the().record(2)));
    const { pendingChanges } = await reader.status();
    const pulled = await reader.request('pull', { lastSync: syncTime });
    expect(pendingChanges).toBe(
      SyncModule.definitions.reduce((sum, { name }) => sum + (pulled[name] ?? []).length, 0),
    );
    expect((await reader.status()).pendingChanges).toBe(0);
    expect((await writer.status()).pendingChanges).toBe(0);
  });

  it('holds a child back until its parent is there', async () => {
    const references = fieldsOf(the().definition.entity).filter(
      ({ kind, nullable }) => kind === 'reference' && !nullable,
    );
    if (references.length === 0) return;
    const child = the().record(1);
    const { [the().definition.name]: own, ...parents } = the().body(child);
    const [writer, reader] = [the().phone(), the().phone()];
    await writer.request('push', { [the().definition.name]: own });
    const early = await reader.request('pull', {});
    expect(the().own(early)).toEqual([]);
    await writer.request('push', parents);
    expect(the().own(await reader.request('pull', { lastSync: early.syncTime }))).toMatchObject([child]);
  });

  it('hides the children of a deleted parent from a new phone, and brings them back with it', async () => {
    const [reference] = fieldsOf(the().definition.entity).filter(({ kind }) => kind === 'reference');
    if (!reference?.parent) return;
    const child = the().record(1);
    const parent = String(child[reference.name]);
    const writer = the().phone();
    const { syncTime } = await writer.request('push', the().body(child));
    await writer.request('push', {
      lastSync: syncTime,
      [reference.parent]: [{ clientId: parent, deletedAt: T + 1 }],
    });
    const late = the().phone();
    const first = await late.request('pull', {});
    expect(the().own(first)).toEqual([]);
    await writer.request('push', {
      [reference.parent]: [{ clientId: parent, deletedAt: null, updatedAt: T + 2 }],
    });
    expect(the().own(await late.request('pull', { lastSync: first.syncTime }))).toMatchObject([child]);
  });
}
