import { startTestApp, type TestApp } from '../support/app.js';
import { Kit, T, session, routine, superset, exercise, badge, phase, uuid } from './kit.js';
describe('review: third', () => {
  let app: TestApp; let k: Kit;
  beforeAll(async () => { app = await startTestApp(); });
  afterAll(() => app.close());
  beforeEach(async () => { k = await new Kit(app).open(); });
  const live = (id: string, v: object = {}) => session(id, { deletedAt: null, rpe: null, ...v });
  it('T1 owed at an equal clock, explicit nulls; until delivered', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    const p = await a.request('push', { sessions: [live(id)] });
    const cb = (await b.request('pull', {})).syncTime;
    await b.request('push', { lastSync: cb, sessions: [live(id, { rpe: 8, updatedAt: T + 5 })] });
    const ca = (await a.request('pull', { lastSync: p.syncTime })).syncTime;
    const again = await a.request('push', { lastSync: ca, sessions: [live(id)] });
    expect(again.superseded).toHaveLength(1);
    for (const L of [ca, again.syncTime]) expect((await a.request('pull', { lastSync: L })).sessions).toHaveLength(1);
    const one = await a.request('pull', { lastSync: again.syncTime });
    const st = (await a.status(again.syncTime)).pendingChanges; expect(st).toBe(1);
    expect((await a.request('pull', { lastSync: one.syncTime })).sessions).toEqual([]);
  });
  it('T2 what grows: owed marks and state row after many conflicts', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const ids = Array.from({ length: 3000 }, () => uuid());
    let L = (await a.request('push', { sessions: ids.map((i) => live(i)) })).syncTime;
    const cb = (await b.request('pull', {})).syncTime;
    await b.request('push', { lastSync: cb, sessions: ids.map((i) => live(i, { rpe: 7, updatedAt: T + 5 })) });
    L = (await a.request('pull', { lastSync: L })).syncTime;
    await a.request('push', { lastSync: L, sessions: ids.map((i) => live(i)) });
    L = (await a.request('pull', { lastSync: L })).syncTime;
    for (let i = 0; i < 3; i++) { await a.request('push', { lastSync: L, sessions: [live(uuid())] }); L = (await a.request('pull', { lastSync: L })).syncTime; }
    const [row] = await k.sql('select count(*)::int n from device_marks where user_id=$1', [k.account.userId]);
    const t = performance.now(); for (let i = 0; i < 10; i++) await a.request('pull', { lastSync: L }); console.log('marks', row.n, 'empty pull', Math.round((performance.now() - t) / 10), 'ms');
    expect(row.n).toBeLessThan(10);
  });
  it('T3 fast clocks: two unseen edits, clamped; equal content etc.', async () => {
    const year = 365 * 864e5;
    const [a, b, c] = [k.phone('a'), k.phone('b'), k.phone('c')]; const id = uuid();
    const p = await a.request('push', { sessions: [live(id)] });
    const cb = (await b.request('pull', {})).syncTime; const cc = (await c.request('pull', {})).syncTime;
    await a.request('push', { lastSync: p.syncTime, sessions: [live(id, { rpe: 1, updatedAt: Date.now() + year })] });
    await b.request('push', { lastSync: cb, sessions: [live(id, { rpe: 2, updatedAt: Date.now() + year / 2 })] });
    await c.request('push', { lastSync: cc, sessions: [live(id, { rpe: 3, updatedAt: Date.now() + 5000 })] });
    expect((await k.phone().request('pull', {})).sessions!.map((s) => s.rpe)).toEqual([3]);
    // replays of all change nothing
    const clock = await k.clock();
    await b.request('push', { lastSync: cb, sessions: [live(id, { rpe: 2, updatedAt: Date.now() + year / 2 })] }).catch(() => 0);
    void clock;
  });
  it('T4 replay of an already superseded first request by another phone (restored)', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    const first = { lastSync: 0, sessions: [live(id)] };
    const p = await a.request('push', first);
    await a.request('push', { lastSync: p.syncTime, sessions: [live(id, { rpe: 5, updatedAt: T + 1 })] });
    const clock = await k.clock();
    const r = await b.request('push', { ...first, lastSync: 0 });
    expect([await k.clock(), r.superseded.length]).toEqual([clock, 1]);
    expect((await b.request('pull', { lastSync: 0 })).sessions!.map((s) => s.rpe)).toEqual([5]);
  });
  it('T5 tombstone loser is told even if fresh', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    const p = await a.request('push', { sessions: [live(id)] });
    await a.request('push', { lastSync: p.syncTime, sessions: [live(id, { deletedAt: T + 9, updatedAt: T + 9 })] });
    const r = await b.request('push', { lastSync: 0, sessions: [live(id, { rpe: 4, updatedAt: T + 3 })] });
    expect(r.superseded).toHaveLength(1);
    for (const L of [0, r.syncTime]) expect((await b.request('pull', { lastSync: L })).sessions).toMatchObject([{ deletedAt: T + 9 }]);
    expect((await b.status(r.syncTime)).pendingChanges).toBe(1);
  });
  it('T6 tombstone equal to what a fresh phone knows as live, pushed as alias (badge)', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await b.request('push', { lastSync: 0, badges: [badge('3', 'x', { deletedAt: null })] });
    const L = (await a.request('pull', {})).syncTime;
    const shown = (await a.request('pull', { lastSync: 0 })).badges![0]!;
    await a.request('push', { lastSync: L, badges: [{ clientId: shown.clientId, deletedAt: T + 4 }] });
    expect((await b.request('pull', { lastSync: 0 })).badges).toMatchObject([{ clientId: '3', deletedAt: T + 4 }]);
  });
  it('T7 three at once of a push that conflicts', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    const p = await a.request('push', { sessions: [live(id)] }); const cb = (await b.request('pull', {})).syncTime;
    await a.request('push', { lastSync: p.syncTime, sessions: [live(id, { rpe: 9, updatedAt: T + 9 })] });
    const body = { lastSync: cb, sessions: [live(id, { rpe: 8, updatedAt: T + 5 }), live('n1'), live('1')] };
    const rs = await Promise.all([1, 2, 3].map(() => b.request('push', body)));
    expect(new Set(rs.map((r) => JSON.stringify(r.idMappings))).size).toBe(1);
    expect((await k.history('sessions')).length).toBe(2);
    for (const r of rs) expect((await b.request('pull', { lastSync: r.syncTime })).sessions!.filter((s) => s.clientId === id)).toHaveLength(1);
  });
  it('T8 a push with all rejected children parents: rejected parent leaves the child waiting, then released', async () => {
    const a = k.phone('a');
    const r = await a.request('push', { routines: [{ clientId: 'R' }], supersets: [superset('S', 'R')] });
    expect([r.rejected.length, Object.keys(r.idMappings.supersets!).length]).toEqual([1, 1]);
    expect((await k.phone().request('pull', {})).supersets).toEqual([]);
    await a.request('push', { lastSync: r.syncTime, routines: [routine('r')] });
    expect((await k.phone().request('pull', {})).supersets).toHaveLength(1);
  });
  it('T9 page through while another edits/deletes children and parents; reader ends with the truth (not fresh)', async () => {
    const [w, r] = [k.phone('w'), k.phone('r')];
    let cur = (await r.request('pull', { lastSync: 0 })).syncTime;
    await w.request('push', { sessions: [session('zero')] });
    cur = (await r.request('pull', { lastSync: cur })).syncTime;
    let L = 0;
    for (let i = 0; i < 5; i++) L = (await w.request('push', { lastSync: L, sessions: [session('s' + i)] })).syncTime;
    const got = new Map<string, unknown>();
    for (let i = 0; i < 12; i++) { const p = await r.request('pull', { lastSync: cur, limit: 1 }); p.sessions!.forEach((s) => got.set(s.clientId, s.deletedAt)); cur = p.syncTime; if (i < 5) L = (await w.request('push', { lastSync: L, sessions: [{ clientId: 's' + i, deletedAt: T + 1 }] })).syncTime; }
    expect([...got.values()].filter((d) => d === null)).toEqual([]);
    expect(got.size).toBe(5);
  });
  it('T10 wrong epoch', async () => {
    const a = k.phone('a'); const p = await a.request('push', { sessions: [session('x')] });
    const q = await a.request('pull', { lastSync: p.syncTime, epoch: 5 });
    expect([q.resync, q.sessions!.length]).toEqual([true, 1]);
  });
  it('T11 wrong epoch while the push cursor is held: everything, even what it pushed', async () => {
    const a = k.phone('a'); const p = await a.request('push', { lastSync: 0, sessions: [session('x')] });
    const q = await a.request('pull', { lastSync: 0, epoch: 5 });
    expect([q.resync, q.sessions!.length]).toEqual([true, 1]);
  });
  it('T12 history by odd ids', async () => {
    const a = k.phone('a');
    const id = 'A/b c%?#ü😀';
    const m = await a.request('push', { sessions: [session(id), session('5')], badges: [badge('5', 'q')] });
    await a.request('push', { lastSync: m.syncTime, sessions: [session(id, { rpe: 3, updatedAt: T + 1 })], badges: [{ clientId: '5', deletedAt: T + 3 }] });
    for (const i of [id, id.toUpperCase(), m.idMappings.sessions![id]!, m.idMappings.sessions![id]!.toUpperCase()]) expect([i, (await k.http('GET', '/api/sync/history/sessions/' + encodeURIComponent(i))).status]).toEqual([i, 200]);
    const r = await k.http('POST', '/api/sync/history/badges/5/1/restore', {});
    expect([r.status, r.body.record.deletedAt]).toEqual([200, null]);
    expect((await k.http('GET', '/api/sync/history/sessions/' + encodeURIComponent('😀'.repeat(128)))).status).toBe(404);
    await a.request('push', { sessions: [session('😀'.repeat(128))] });
    expect((await k.http('GET', '/api/sync/history/sessions/' + encodeURIComponent('😀'.repeat(128)))).status).toBe(200);
  });
  it('T13 restore of a child of a deleted parent, and of a deleted parent', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { routines: [routine('1')], supersets: [superset('2', '1')] });
    const n = await a.request('push', { lastSync: m.syncTime, supersets: [superset('2', '1', { name: 'b', updatedAt: T + 1 })] });
    await a.request('push', { lastSync: n.syncTime, routines: [{ clientId: '1', deletedAt: T + 2 }] });
    expect((await k.http('POST', '/api/sync/history/supersets/2/1/restore', {})).status).toBe(200);
    expect((await k.phone().request('pull', {})).supersets).toEqual([]);
    expect((await k.http('POST', '/api/sync/history/routines/1/1/restore', {})).status).toBe(200);
    const p = await k.phone().request('pull', {});
    expect([p.supersets!.map((s) => [s.name, s.routineId]), p.routines!.length]).toEqual([[['S', p.routines![0]!.serverId]], 1]);
    expect((await a.request('pull', { lastSync: 1 })).supersets!.map((s) => [s.clientId, s.routineId])).toEqual([['2', '1']]);
  });
  it('T14 status deviceId of another account, revoked during push', async () => {
    const a = k.phone('a'); await a.request('push', { sessions: [session('x')] });
    await k.http('DELETE', '/api/sync/devices/a');
    expect((await a.send('/api/sync/push', {})).status).toBe(403);
    await k.http('PATCH', '/api/sync/devices/a', { revoked: false });
    expect((await a.request('pull', { lastSync: 0 })).sessions).toHaveLength(1);
  });
  it('T15 released child whose parent name was an alias: pushing it again is no edit', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const m = await a.request('push', { routines: [routine('R')] }); const S = m.idMappings.routines!.R!;
    // b knows the routine under its own id; sends the child first, then names the parent
    const c1 = await b.request('push', { supersets: [superset('C', 'bR')] });
    const c2 = await b.request('push', { lastSync: c1.syncTime, routines: [routine('bR', { serverId: S })] });
    expect((await k.phone().request('pull', {})).supersets).toHaveLength(1);
    const clock = await k.clock();
    await b.request('push', { lastSync: c2.syncTime, supersets: [superset('C', 'bR', { deletedAt: null })] });
    expect([await k.clock(), (await k.history('supersets')).length]).toEqual([clock, 0]);
  });
});
