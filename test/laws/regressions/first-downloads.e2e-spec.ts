import { randomUUID } from 'node:crypto';
import type { Phone, WireRecord } from '../../support/phone.js';
import { badge, benches, liveSession, routine, session, superset, T } from './bench.js';

/** All sessions from a cursor on, page by page. */
async function download(phone: Phone, from: number, limit: number): Promise<WireRecord[]> {
  const got: WireRecord[] = [];
  let cursor = from;
  for (let page = 0; page < 20; page++) {
    const answer = await phone.request('pull', { lastSync: cursor, limit });
    got.push(...answer.sessions);
    cursor = answer.syncTime;
    if (!answer.hasMore) return got;
  }
  throw new Error('the download does not end');
}

describe('downloads, the first one above all', () => {
  const the = benches();

  it('a record deleted between two pages of a first download is deleted on the reader', async () => {
    const [writer, reader] = [the().phone('w'), the().phone('r')];
    await writer.request('push', { sessions: [session('a')] });
    await writer.request('push', { sessions: [session('b')] });
    const { syncTime } = await writer.request('push', { sessions: [session('c')] });
    const page = await reader.request('pull', { lastSync: 0, limit: 1 });
    expect(page.sessions.map((s) => s.clientId)).toEqual(['a']);
    await writer.request('push', { lastSync: syncTime, sessions: [{ clientId: 'a', deletedAt: T + 1 }] });
    const rest = await download(reader, page.syncTime, 1);
    expect(rest.find((s) => s.clientId === 'a')?.deletedAt).toBe(T + 1);
  });

  it('a parent deleted between two pages of a first download is deleted on the reader', async () => {
    const [writer, reader] = [the().phone('w'), the().phone('r')];
    await writer.request('push', { routines: [routine('R')] });
    const { syncTime } = await writer.request('push', { supersets: [superset('S', 'R')] });
    const page = await reader.request('pull', { lastSync: 0, limit: 1 });
    await writer.request('push', { lastSync: syncTime, routines: [{ clientId: 'R', deletedAt: T + 1 }] });
    const rest = await reader.request('pull', { lastSync: page.syncTime });
    expect(rest.routines.map((r) => r.deletedAt)).toEqual([T + 1]);
  });

  it.each(['the cursor of its push', 'zero, as the first generation does'])(
    'a first push that another phone deleted is deleted on its phone, which pulls with %s',
    async (cursor) => {
      const [a, b] = [the().phone('a'), the().phone('b')];
      await b.request('push', { sessions: [session('other')] });
      const pushed = await a.request('push', { lastSync: 0, sessions: [session('mine')] });
      const { syncTime } = await b.request('pull', { lastSync: 0 });
      await b.request('push', { lastSync: syncTime, sessions: [{ clientId: 'mine', deletedAt: T + 1 }] });
      const lastSync = cursor.startsWith('zero') ? 0 : pushed.syncTime;
      const pulled = await a.request('pull', { lastSync });
      const later = await a.request('pull', { lastSync: pulled.syncTime });
      const mine = [...pulled.sessions, ...later.sessions].find((s) => s.clientId === 'mine');
      expect(mine?.deletedAt).toBe(T + 1);
    },
  );

  it('a badge deleted under the id another phone was shown is deleted on the phone that numbered it', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    await b.request('push', { lastSync: 0, badges: [badge('3', 'x', { deletedAt: null })] });
    const { syncTime: lastSync, badges } = await a.request('pull', {});
    await a.request('push', { lastSync, badges: [{ clientId: badges[0].clientId, deletedAt: T + 4 }] });
    const back = await b.request('pull', { lastSync: 0 });
    expect(back.badges).toMatchObject([{ clientId: '3', deletedAt: T + 4 }]);
  });

  it('a reader that pages while another phone deletes ends with the truth', async () => {
    const [writer, reader] = [the().phone('w'), the().phone('r')];
    await writer.request('push', { sessions: [session('zero')] });
    let { syncTime: cursor } = await reader.request('pull', { lastSync: 0 });
    const ids = [0, 1, 2, 3, 4].map((n) => `s${n}`);
    let lastSync = 0;
    for (const id of ids)
      lastSync = (await writer.request('push', { lastSync, sessions: [session(id)] })).syncTime;
    const got = new Map<string, unknown>();
    const page = async () => {
      const answer = await reader.request('pull', { lastSync: cursor, limit: 1 });
      for (const { clientId, deletedAt } of answer.sessions) got.set(clientId, deletedAt);
      cursor = answer.syncTime;
    };
    for (const clientId of ids) {
      await page();
      const deleted = { lastSync, sessions: [{ clientId, deletedAt: T + 1 }] };
      lastSync = (await writer.request('push', deleted)).syncTime;
    }
    for (let n = 0; n < 7; n++) await page();
    expect(got).toEqual(new Map(ids.map((id) => [id, T + 1])));
  });

  it.each(['its cursor', 'zero'])(
    'a phone of another epoch that pulls with %s is given what it pushed too',
    async (cursor) => {
      const phone = the().phone('a');
      const { syncTime } = await phone.request('push', { lastSync: 0, sessions: [session('x')] });
      const lastSync = cursor === 'zero' ? 0 : syncTime;
      const pulled = await phone.request('pull', { lastSync, epoch: 5 });
      expect([pulled.resync, pulled.sessions.length]).toEqual([true, 1]);
    },
  );

  it('a phone that is let in again after it was shut out is given what it pushed', async () => {
    const phone = the().phone('a');
    await phone.request('push', { sessions: [session('x')] });
    await the().http('DELETE', '/api/sync/devices/a');
    expect((await phone.send('/api/sync/push', {})).status).toBe(403);
    await the().http('PATCH', '/api/sync/devices/a', { revoked: false });
    expect((await phone.request('pull', { lastSync: 0 })).sessions).toHaveLength(1);
  });

  it('records a phone is owed come page by page, each once, with what is new', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const ids = [1, 2, 3, 4].map(() => randomUUID());
    const first = await a.request('push', { sessions: ids.map((id) => liveSession(id)) });
    let { syncTime: lastSync } = await b.request('pull', {});
    for (const id of ids) {
      const edited = { lastSync, sessions: [liveSession(id, { rpe: 7, updatedAt: T + 5 })] };
      lastSync = (await b.request('push', edited)).syncTime;
    }
    const pulled = await a.request('pull', { lastSync: first.syncTime });
    const stale = { lastSync: pulled.syncTime, sessions: ids.map((id) => liveSession(id)) };
    const { syncTime } = await a.request('push', stale);
    await b.request('push', { lastSync, sessions: [liveSession('new')] });
    const got = await download(a, syncTime, 1);
    expect(got.map((s) => s.clientId).toSorted()).toEqual([...ids, 'new'].toSorted());
  });
});
