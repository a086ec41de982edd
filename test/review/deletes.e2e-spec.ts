import { startTestApp, type TestApp } from '../support/app.js';
import { Kit, T, session, routine, superset, exercise, badge, phase, uuid } from './kit.js';
describe('review: semantics', () => {
  let app: TestApp; let k: Kit;
  beforeAll(async () => { app = await startTestApp(); });
  afterAll(() => app.close());
  beforeEach(async () => { k = await new Kit(app).open(); });

  it('F1a a record deleted between two pages of a first download is deleted on the reader', async () => {
    const [w, r] = [k.phone('w'), k.phone('r')];
    await w.request('push', { sessions: [session('a')] });
    await w.request('push', { sessions: [session('b')] });
    const c = (await w.request('push', { sessions: [session('c')] })).syncTime;
    const p1 = await r.request('pull', { lastSync: 0, limit: 1 });
    expect(p1.sessions!.map((s) => s.clientId)).toEqual(['a']);
    await w.request('push', { lastSync: c, sessions: [{ clientId: 'a', deletedAt: T + 1 }] });
    const got: any[] = [];
    let cur = p1.syncTime;
    for (let i = 0; i < 6; i++) { const p = await r.request('pull', { lastSync: cur, limit: 1 }); got.push(...p.sessions!); cur = p.syncTime; if (!p.hasMore) break; }
    got.push(...(await r.request('pull', { lastSync: cur })).sessions!);
    expect(got.find((s) => s.clientId === 'a')?.deletedAt).toBe(T + 1);
  });
  it('F1a2 a parent deleted between pages: its tombstone and children', async () => {
    const [w, r] = [k.phone('w'), k.phone('r')];
    await w.request('push', { routines: [routine('R')] });
    const c = (await w.request('push', { supersets: [superset('S', 'R')] })).syncTime;
    const p1 = await r.request('pull', { lastSync: 0, limit: 1 });
    await w.request('push', { lastSync: c, routines: [{ clientId: 'R', deletedAt: T + 1 }] });
    const p2 = await r.request('pull', { lastSync: p1.syncTime });
    expect(p2.routines!.map((x) => x.deletedAt)).toEqual([T + 1]);
  });
  it('F1b what a phone pushed first (L=0) and another deleted is deleted on it: pull with the push cursor', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await b.request('push', { sessions: [session('other')] });
    const pa = await a.request('push', { lastSync: 0, sessions: [session('mine')] });
    const pb = await b.request('pull', { lastSync: 0 });
    await b.request('push', { lastSync: pb.syncTime, sessions: [{ clientId: 'mine', deletedAt: T + 1 }] });
    const pulled = await a.request('pull', { lastSync: pa.syncTime });
    const later = await a.request('pull', { lastSync: pulled.syncTime });
    expect([...pulled.sessions!, ...later.sessions!].find((s) => s.clientId === 'mine')?.deletedAt).toBe(T + 1);
  });
  it('F1c same, first generation: pull with L=0', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await a.request('push', { lastSync: 0, sessions: [session('mine')] });
    const pb = await b.request('pull', { lastSync: 0 });
    await b.request('push', { lastSync: pb.syncTime, sessions: [{ clientId: 'mine', deletedAt: T + 1 }] });
    const pulled = await a.request('pull', { lastSync: 0 });
    const later = await a.request('pull', { lastSync: pulled.syncTime });
    expect([...pulled.sessions!, ...later.sessions!].find((s) => s.clientId === 'mine')?.deletedAt).toBe(T + 1);
  });
  it('F2 a child edited partially in the push that brings its parent is released', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const c = (await a.request('push', { supersets: [superset('S', 'R')] })).syncTime;
    await a.request('push', { lastSync: c, routines: [routine('R')], supersets: [{ clientId: 'S', name: 'new', updatedAt: T + 1 }] });
    expect((await b.request('pull', {})).supersets).toHaveLength(1);
  });
  it('F3 repeated partial pushes against an unseen head: the rest is still sent', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    await b.request('push', { sessions: [session(id, { rpe: 9, exerciseName: 'from b' })] });
    await a.request('push', { lastSync: 0, sessions: [session(id, { weightPerCableKg: 21, updatedAt: T + 1 })] });
    const two = await a.request('push', { lastSync: 0, sessions: [session(id, { weightPerCableKg: 22, updatedAt: T + 2 })] });
    const viaL = await a.request('pull', { lastSync: 0 });
    expect(viaL.sessions!.map((s) => s.rpe)).toEqual([9]);
    const viaAnswer = await a.request('pull', { lastSync: two.syncTime });
    expect(viaAnswer.sessions!.map((s) => s.rpe)).toEqual([9]);
  });
  it('F3b same with the cursor of the first answer', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    await b.request('push', { sessions: [session(id, { rpe: 9 })] });
    const one = await a.request('push', { lastSync: 0, sessions: [session(id, { weightPerCableKg: 21, updatedAt: T + 1 })] });
    const two = await a.request('push', { lastSync: one.syncTime, sessions: [session(id, { weightPerCableKg: 22, updatedAt: T + 2 })] });
    expect((await a.request('pull', { lastSync: two.syncTime })).sessions!.map((s) => s.rpe)).toEqual([9]);
  });
  it('F4 a late duplicate of an earlier partial request of the same phone changes nothing', async () => {
    const a = k.phone('a');
    const id = uuid();
    await a.request('push', { sessions: [session(id)] });
    const s1 = { lastSync: 0, sessions: [{ clientId: id, mode: 'one', updatedAt: T + 1 }] };
    await a.request('push', s1);
    await a.request('push', { lastSync: 0, sessions: [{ clientId: id, mode: 'two', targetReps: 77, updatedAt: T + 2 }] });
    const before = await k.clock();
    await a.request('push', s1);
    const head = (await k.phone().request('pull', {})).sessions![0]!;
    expect([head.mode, await k.clock()]).toEqual(['two', before]);
  });
  it('F4b late duplicate of a first-generation phone’s 13 keys after another phone filled in more', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    const s1 = { lastSync: 0, sessions: [session(id)] };
    await a.request('push', s1);
    const c = (await b.request('pull', {})).syncTime;
    const s2 = { lastSync: c, sessions: [session(id, { rpe: 8, updatedAt: T + 1 })] };
    await b.request('push', s2);
    await a.request('push', { lastSync: 0, sessions: [session(id, { weightPerCableKg: 30, updatedAt: T + 2 })] });
    const before = await k.clock();
    await a.request('push', s1);
    const head = (await k.phone().request('pull', {})).sessions![0]!;
    expect([head.weightPerCableKg, await k.clock(), (await k.history('sessions')).length]).toEqual([30, before, 2]);
  });
  it('F5 a full record and its partial edit in one push (new record)', async () => {
    for (const order of [0, 1]) {
      const kk = await new Kit(app).open();
      const id = uuid();
      const list = [session(id, { rpe: 7 }), { clientId: id, deletedAt: T + 5, updatedAt: T + 5 }];
      if (order) list.reverse();
      const answer = await kk.phone('a').request('push', { sessions: list });
      const head = (await kk.phone().request('pull', { lastSync: 1 })).sessions![0]!;
      expect([order, answer.rejected.length, head.deletedAt, head.rpe]).toEqual([order, 0, T + 5, 7]);
    }
  });
  it('F5b full + newer subset with all required fields keeps the optional ones', async () => {
    const id = uuid();
    await k.phone('a').request('push', { sessions: [session(id, { rpe: 7 }), session(id, { updatedAt: T + 5, weightPerCableKg: 30 })] });
    const head = (await k.phone().request('pull', { lastSync: 1 })).sessions![0]!;
    expect([head.weightPerCableKg, head.rpe]).toEqual([30, 7]);
  });
  it('F5c two partial edits of different fields of a known record in one push', async () => {
    const id = uuid(); const a = k.phone('a');
    const { syncTime } = await a.request('push', { sessions: [session(id)] });
    await a.request('push', { lastSync: syncTime, sessions: [{ clientId: id, mode: 'x', updatedAt: T + 1 }, { clientId: id, rpe: 9, updatedAt: T + 2 }] });
    const head = (await k.phone().request('pull', { lastSync: 1 })).sessions![0]!;
    expect([head.mode, head.rpe]).toEqual(['x', 9]);
  });
  it('F6 a refused record has no effect: row number of a phase statistic', async () => {
    const a = k.phone('a');
    const first = await a.request('push', { sessions: [session('s1'), session('s2')], phaseStats: [phase('1', 's1')] });
    const bad = await a.request('push', { lastSync: first.syncTime, phaseStats: [{ clientId: '1', sessionId: 's2' }] });
    expect(bad.rejected).toHaveLength(1);
    const again = await a.request('push', { lastSync: first.syncTime, phaseStats: [phase('1', 's1')] });
    expect(again.idMappings.phaseStats).toEqual(first.idMappings.phaseStats);
    expect((await k.phone().request('pull', {})).phaseStats).toHaveLength(1);
  });
  it('F7 a number reused twice: no two records are shown under one id', async () => {
    const a = k.phone('a');
    const L = (await a.request('push', { badges: [badge('1', 'streak_3'), badge('2', 'streak_7')] })).syncTime;
    // reinstalled: numbers swapped
    await a.request('push', { lastSync: L, badges: [badge('1', 'streak_7'), badge('2', 'streak_3')] });
    // reinstalled again: number 1 is something new
    await a.request('push', { lastSync: L, badges: [badge('1', 'streak_30')] });
    const ids = (await a.request('pull', { lastSync: 5 })).badges!.map((x) => x.clientId);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('F7b reuse through the first alias', async () => {
    const [b, a] = [k.phone('b'), k.phone('a')];
    await b.request('push', { badges: [badge('77', 'streak_7')] });
    await a.request('push', { badges: [badge('1', 'streak_7')] });
    await a.request('push', { badges: [badge('1', 'streak_30')] });
    const ids = (await a.request('pull', { lastSync: 5 })).badges!.map((x) => x.clientId);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('F8 an id introduced with a server id and used again in the same push is one record', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { sessions: [session('X')] });
    const S = m.idMappings.sessions!.X!;
    for (const list of [
      [session('Y', { serverId: S, rpe: 6, updatedAt: T + 1 }), session('Y', { rpe: 7, updatedAt: T + 2 })],
      [session('Z', { rpe: 8, updatedAt: T + 3 }), session('Z', { serverId: S, rpe: 9, updatedAt: T + 4 })],
    ]) await a.request('push', { lastSync: m.syncTime, sessions: list });
    expect((await k.phone().request('pull', {})).sessions).toHaveLength(1);
  });
  it('F9 prototype names among unknown keys: the device is sent what it lacks', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    await b.request('push', { sessions: [session(id, { toString: 'kept', hasOwnProperty: 1, version: 3, userId: 'u', extra: { a: 1 }, constructor: 'c' })] });
    await a.request('push', { lastSync: 0, sessions: [session(id)] });
    const [s] = (await a.request('pull', { lastSync: 0 })).sessions!;
    expect(s).toMatchObject({ version: 3, userId: 'u', extra: { a: 1 } });
    expect(Object.hasOwn(s!, 'toString')).toBe(true);
  });
  it('F9b only toString', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    await b.request('push', { sessions: [session(id, { toString: 'kept' })] });
    await a.request('push', { lastSync: 0, sessions: [session(id)] });
    expect((await a.request('pull', { lastSync: 0 })).sessions).toHaveLength(1);
  });
  it('F10 status without a device id after the most recent device was revoked', async () => {
    const a = k.phone('a');
    await a.request('push', { sessions: [session('x')] });
    await k.http('DELETE', '/api/sync/devices/a');
    expect((await k.http('GET', '/api/sync/status')).status).toBe(200);
  });
  it('F10b status for the revoked device itself', async () => {
    const a = k.phone('a');
    await a.request('push', { sessions: [session('x')] });
    await k.http('DELETE', '/api/sync/devices/a');
    expect((await k.http('GET', '/api/sync/status?deviceId=a')).status).toBe(200);
  });
  it('F11 restore gives the old state exactly: unknown keys', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { sessions: [session('x', { foo: 1 })] });
    await a.request('push', { lastSync: m.syncTime, sessions: [session('x', { bar: 2, rpe: 9, updatedAt: T + 1 })] });
    const r = await k.http('POST', '/api/sync/history/sessions/x/1/restore', {});
    expect(r.status).toBe(200);
    expect(r.body.record.rpe).toBe(null);
    expect(r.body.record.bar).toBeUndefined();
  });
  it('F12 restore of gamificationStats wins', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 5, updatedAt: T } });
    await a.request('push', { lastSync: m.syncTime, gamificationStats: { clientId: '1', totalWorkouts: 500000, updatedAt: T + 1 } });
    const r = await k.http('POST', '/api/sync/history/gamificationStats/1/1/restore', {});
    expect([r.status, r.body.record?.totalWorkouts]).toEqual([200, 5]);
  });
  it('F13 restore of a waiting child whose parent has a row number keeps its parent', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { supersets: [superset('S', '7')] });
    await a.request('push', { lastSync: m.syncTime, supersets: [superset('S', '7', { name: 'two', updatedAt: T + 1 })] });
    expect((await k.http('POST', '/api/sync/history/supersets/S/1/restore', {})).status).toBe(200);
    await a.request('push', { routines: [routine('7')] });
    expect((await k.phone().request('pull', {})).supersets).toHaveLength(1);
  });
});
