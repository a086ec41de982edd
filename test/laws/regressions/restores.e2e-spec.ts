import { randomUUID } from 'node:crypto';
import { badge, benches, liveSession, routine, session, sizeOf, superset, T } from './bench.js';

const historyOf = (id: string) => `/api/sync/history/sessions/${encodeURIComponent(id)}`;

describe('restores, and what the server says of its records', () => {
  const the = benches();

  const twoVersions = async (clientId: string) => {
    const phone = the().phone('a');
    const first = await phone.request('push', { sessions: [session(clientId)] });
    const edited = session(clientId, { rpe: 9, updatedAt: T + 1 });
    return phone.request('push', { lastSync: first.syncTime, sessions: [edited] });
  };

  it('a restore gives the old state exactly, without keys that came later', async () => {
    const phone = the().phone('a');
    const { syncTime } = await phone.request('push', { sessions: [session('x', { foo: 1 })] });
    const edited = session('x', { bar: 2, rpe: 9, updatedAt: T + 1 });
    await phone.request('push', { lastSync: syncTime, sessions: [edited] });
    const { status, body } = await the().restore('sessions', 'x', 1);
    expect(status).toBe(200);
    expect(body.record).toMatchObject({ foo: 1, rpe: null });
    expect(body.record).not.toHaveProperty('bar');
  });

  it('restored totals win over higher ones', async () => {
    const phone = the().phone('a');
    const { syncTime } = await phone.request('push', {
      gamificationStats: { clientId: '1', totalWorkouts: 5, updatedAt: T },
    });
    await phone.request('push', {
      lastSync: syncTime,
      gamificationStats: { clientId: '1', totalWorkouts: 500_000, updatedAt: T + 1 },
    });
    const { status, body } = await the().restore('gamificationStats', '1', 1);
    expect([status, body.record.totalWorkouts]).toEqual([200, 5]);
    expect((await the().seen()).gamificationStats).toMatchObject({ totalWorkouts: 5 });
  });

  it('a restored child that waits for a numbered parent still finds it', async () => {
    const phone = the().phone('a');
    const { syncTime } = await phone.request('push', { supersets: [superset('S', '7')] });
    const edited = superset('S', '7', { name: 'two', updatedAt: T + 1 });
    await phone.request('push', { lastSync: syncTime, supersets: [edited] });
    expect((await the().restore('supersets', 'S', 1)).status).toBe(200);
    await phone.request('push', { routines: [routine('7')] });
    expect((await the().seen()).supersets).toHaveLength(1);
  });

  it('a restored child of a deleted parent is seen once the parent is restored', async () => {
    const phone = the().phone('a');
    const first = await phone.request('push', { routines: [routine('1')], supersets: [superset('2', '1')] });
    const edited = superset('2', '1', { name: 'b', updatedAt: T + 1 });
    const second = await phone.request('push', { lastSync: first.syncTime, supersets: [edited] });
    await phone.request('push', {
      lastSync: second.syncTime,
      routines: [{ clientId: '1', deletedAt: T + 2 }],
    });
    expect((await the().restore('supersets', '2', 1)).status).toBe(200);
    expect((await the().seen()).supersets).toEqual([]);
    expect((await the().restore('routines', '1', 1)).status).toBe(200);
    const { routines, supersets } = await the().seen();
    expect(routines).toHaveLength(1);
    expect(supersets).toMatchObject([{ name: 'S', routineId: routines[0].serverId }]);
    const own = await phone.request('pull', { lastSync: 1 });
    expect(own.supersets).toMatchObject([{ clientId: '2', routineId: '1' }]);
  });

  it('a deleted badge is restored by its row number', async () => {
    const phone = the().phone('a');
    const { syncTime } = await phone.request('push', {
      sessions: [session('5')],
      badges: [badge('5', 'q')],
    });
    await phone.request('push', { lastSync: syncTime, badges: [{ clientId: '5', deletedAt: T + 3 }] });
    const { status, body } = await the().restore('badges', '5', 1);
    expect([status, body.record.deletedAt]).toEqual([200, null]);
  });

  it('history is found by client id and server id, in any letters', async () => {
    const odd = 'A/b c%?#ü😀';
    const long = '😀'.repeat(128);
    expect((await the().http('GET', historyOf(long))).status).toBe(404);
    const { idMappings } = await the()
      .phone()
      .request('push', { sessions: [session(odd), session(long)] });
    const serverId = idMappings.sessions[odd];
    for (const id of [odd, odd.toUpperCase(), serverId, serverId.toUpperCase(), long])
      expect([id, (await the().http('GET', historyOf(id))).status]).toEqual([id, 200]);
  });

  it('a restore in the portal is not taken for a phone that synced', async () => {
    const { syncTime } = await twoVersions('x');
    await the().phone('a').request('pull', { lastSync: syncTime });
    await the().restore('sessions', 'x', 1);
    const { status, body } = await the().http('GET', '/api/sync/status');
    expect([status, body.deviceId]).toEqual([200, 'a']);
  });

  it('the portal restores even after its name was shut out as a device', async () => {
    await twoVersions('x');
    await the().restore('sessions', 'x', 1);
    await the().http('DELETE', '/api/sync/devices/portal');
    expect((await the().restore('sessions', 'x', 2)).status).toBe(200);
  });

  it.each(['/api/sync/status', '/api/sync/status?deviceId=a'])(
    '%s answers after the only device was shut out',
    async (path) => {
      await twoVersions('x');
      await the().http('DELETE', '/api/sync/devices/a');
      expect((await the().http('GET', path)).status).toBe(200);
    },
  );

  it('the digest counts the totals', async () => {
    await the()
      .phone('a')
      .request('push', {
        sessions: [session('x'), session('1')],
        gamificationStats: { clientId: '1', totalWorkouts: 3, updatedAt: T },
      });
    const { body } = await the().http('GET', '/api/sync/digest?collection=gamificationStats');
    expect(body.collections.gamificationStats.count).toBe(1);
  });

  it('the status promises what the next pull brings, from any cursor and in odd states', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const first = await a.request('push', {
      sessions: [session(id)],
      routines: [routine('R')],
      supersets: [superset('S', 'R'), superset('W', 'nobody')],
    });
    const { syncTime: cursor } = await b.request('pull', {});
    await a.request('push', {
      lastSync: first.syncTime,
      sessions: [session(id, { rpe: 7, updatedAt: T + 9 })],
      routines: [{ clientId: 'R', deletedAt: T + 1 }],
    });
    const lost = await b.request('push', {
      lastSync: cursor,
      sessions: [session(id, { rpe: 8, updatedAt: T + 5 })],
    });
    for (const lastSync of [cursor, lost.syncTime, 0, 17]) {
      const { pendingChanges } = await b.status(lastSync);
      const pulled = await the().phone('b').request('pull', { lastSync });
      expect([lastSync, pendingChanges]).toEqual([lastSync, sizeOf(pulled)]);
    }
    const [device] = (
      await the().rows<{ id: string; cursor: number }>(
        'sync_devices',
        'device_id as id, last_cursor::float8 as cursor',
      )
    ).filter((row) => row.id === 'b');
    const { pendingChanges } = await b.status();
    expect(pendingChanges).toBe(sizeOf(await b.request('pull', { lastSync: device.cursor })));
  });

  it('the status counts a record the phone is owed', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const first = await a.request('push', { sessions: [liveSession(id)] });
    const deleted = liveSession(id, { deletedAt: T + 9, updatedAt: T + 9 });
    await a.request('push', { lastSync: first.syncTime, sessions: [deleted] });
    const lost = await b.request('push', {
      lastSync: 0,
      sessions: [liveSession(id, { rpe: 4, updatedAt: T + 3 })],
    });
    expect((await b.status(lost.syncTime)).pendingChanges).toBe(1);
  });
});
