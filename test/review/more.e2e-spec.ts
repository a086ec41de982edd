import { startTestApp, type TestApp } from '../support/app.js';
import { Kit, T, session, routine, superset, exercise, badge, phase, uuid } from './kit.js';
const record = (clientId: string, v: object = {}) => ({ clientId, exerciseId: 'e', exerciseName: '', weight: 20.1, reps: 5, oneRepMax: 25, achievedAt: T, workoutMode: 'Pump', createdAt: T, updatedAt: T, ...v });
describe('review: more', () => {
  let app: TestApp; let k: Kit;
  beforeAll(async () => { app = await startTestApp(); });
  afterAll(() => app.close());
  beforeEach(async () => { k = await new Kit(app).open(); });
  const total = (p: any) => Object.values(p).filter(Array.isArray).flat().length + (p.gamificationStats ? 1 : 0);

  it('M1 unknown values come back as sent', async () => {
    const x: any = { a: [1, 2.5, 1e-7, { b: null, c: [] }], '': 1, 'ключ "\\\n\u2028': '\u2028\u2029', big: 9007199254740991, tiny: 5e-324, f: 0.1 + 0.2, constructor: 'c', valueOf: { hasOwnProperty: 1 }, userId: 'u', version: '1', extra: { extra: 1 }, w: 1, h: 2, clientKey: 'g:x', place: 3 };
    const r = await k.phone('a').request('push', { sessions: [session('a', x)] });
    expect(r.rejected).toEqual([]);
    const [s] = (await k.phone().request('pull', {})).sessions!;
    for (const key of Object.keys(x)) expect([key, s![key]]).toEqual([key, x[key]]);
  });
  it('M2 first push answer of a stats-only partial, two phones', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 10, longestStreak: 4, currentStreak: 4, lastWorkoutDate: T, streakStartDate: T - 4, updatedAt: T } });
    const pb = await b.request('push', { lastSync: 0, gamificationStats: { clientId: '1', totalWorkouts: 3, longestStreak: 9, currentStreak: 1, updatedAt: T + 5 } });
    const s = (await b.request('pull', { lastSync: pb.syncTime })).gamificationStats;
    console.log(JSON.stringify(s));
    expect(s).toMatchObject({ totalWorkouts: 10, longestStreak: 9, lastWorkoutDate: T });
    // §4: "currentStreak and the dates from the greater lastWorkoutDate": b knows no date
    expect(s!.currentStreak).toBe(4);
  });
  it('M2b stats: equal and lower pushed again and again do not move the clock', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 10, updatedAt: T } });
    let L = (await b.request('pull', {})).syncTime;
    const low = { gamificationStats: { clientId: '1', totalWorkouts: 3, updatedAt: T + 9 } };
    const clocks = [];
    for (let i = 0; i < 4; i++) { await b.request('push', { lastSync: L, ...low }); L = (await b.request('pull', { lastSync: L })).syncTime; clocks.push(await k.clock()); }
    console.log(clocks);
    expect(new Set(clocks.slice(1)).size).toBe(1);
    const s = await k.http('POST', '/api/sync/push', { deviceId: 'q', gamificationStats: null }); expect(s.status).toBe(200);
  });
  it('M2c a lower stats push after the head moved: is the device told again', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 10, updatedAt: T } });
    const pb = await b.request('push', { lastSync: 0, gamificationStats: { clientId: '1', totalWorkouts: 3, updatedAt: T + 9 } });
    expect((await b.request('pull', { lastSync: 0 })).gamificationStats).toMatchObject({ totalWorkouts: 10 });
    expect((await b.request('pull', { lastSync: pb.syncTime })).gamificationStats).toMatchObject({ totalWorkouts: 10 });
  });
  it('M3 pendingChanges is what the next pull brings, in odd states', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const id = uuid();
    const pa = await a.request('push', { sessions: [session(id)], routines: [routine('R')], supersets: [superset('S', 'R'), superset('W', 'nobody')] });
    const cur = (await b.request('pull', {})).syncTime;
    await a.request('push', { lastSync: pa.syncTime, sessions: [session(id, { rpe: 7, updatedAt: T + 9 })], routines: [{ clientId: 'R', deletedAt: T + 1 }] });
    const lost = await b.request('push', { lastSync: cur, sessions: [session(id, { rpe: 8, updatedAt: T + 5 })] });
    for (const L of [cur, lost.syncTime, 0, 17]) {
      const n = (await b.status(L)).pendingChanges;
      const kk = total(await k.phone('b').request('pull', { lastSync: L }));
      expect([L, n]).toEqual([L, kk]);
    }
    const st = await b.status(); const L = (await k.sql('select last_cursor::float8 c from sync_devices where user_id=$1 and device_id=$2', [k.account.userId, 'b']))[0].c;
    expect(st.pendingChanges).toBe(total(await b.request('pull', { lastSync: L })));
  });
  it('M4 owed at an equal clock', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    const p = await a.request('push', { sessions: [session(id)] });
    const cb = (await b.request('pull', {})).syncTime;
    await b.request('push', { lastSync: cb, sessions: [session(id, { rpe: 8, updatedAt: T + 5 })] });
    const ca = (await a.request('pull', { lastSync: p.syncTime })).syncTime;
    expect(ca).toBe(await k.clock());
    const again = await a.request('push', { lastSync: ca, sessions: [session(id)] });
    expect(again.superseded).toHaveLength(1);
    for (const L of [ca, again.syncTime]) expect((await a.request('pull', { lastSync: L })).sessions).toHaveLength(1);
  });
  it('M5 two phones: first-generation set re-push after delete by other, then edit there', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')]; const id = uuid();
    await a.request('push', { sessions: [session(id)] });
    const cb = (await b.request('pull', {})).syncTime;
    await b.request('push', { lastSync: cb, sessions: [{ clientId: id, deletedAt: T + 9 }] });
    const r = await a.request('push', { lastSync: 0, sessions: [session(id)] });
    expect(r.superseded).toMatchObject([{ record: { deletedAt: T + 9 } }]);
    expect((await a.request('pull', { lastSync: 0 })).sessions).toMatchObject([{ deletedAt: T + 9 }]);
  });
  it('M6 case and server ids of others', async () => {
    const a = k.phone('a'); const id = uuid();
    const m = await a.request('push', { sessions: [session(id), session(id.toUpperCase(), { rpe: 7, updatedAt: T + 1 })], routines: [routine('R')] });
    expect(new Set(Object.values(m.idMappings.sessions!)).size).toBe(1);
    expect(Object.keys(m.idMappings.sessions!)).toHaveLength(2);
    const other = await new Kit(app).open();
    const S = m.idMappings.sessions![id]!, R = m.idMappings.routines!.R!;
    const q = await other.phone('a').request('push', { sessions: [session('n1', { serverId: S }), session('n2', { serverId: R }), session(S)], supersets: [superset('s', R)] });
    expect(Object.values(q.idMappings.sessions!)).not.toContain(S);
    expect((await other.phone('z').request('pull', {})).supersets).toEqual([]);
    const q2 = await a.request('push', { lastSync: m.syncTime, sessions: [session('n2', { serverId: R })], supersets: [superset('s', R.toUpperCase()), superset('t', 'r')] });
    expect(q2.idMappings.sessions!.n2).not.toBe(R);
    expect((await k.phone('z').request('pull', {})).supersets!.map((s) => s.routineId)).toEqual(['R', 'R']);
  });
  it('M7 natural keys and numbers in one push', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    await a.request('push', { badges: [badge('1', 'x'), badge('2', 'y')], records: [record('1'), record('2', { weight: 30 })] });
    const r = await b.request('push', { badges: [badge('7', 'x'), badge('8', 'x', { celebratedAt: T, updatedAt: T + 1 }), badge('1', 'y'), badge('9', 'new'), badge('10', 'new')], records: [record('1', { weight: 30 }), record('2')] });
    const all = await k.phone().request('pull', {});
    expect([all.badges!.length, all.records!.length]).toEqual([3, 2]);
    const mine = await b.request('pull', { lastSync: 3 });
    console.log(mine.badges!.map((x) => [x.clientId, x.badgeId]), mine.records!.map((x) => [x.clientId, x.weight]), JSON.stringify(r.idMappings.badges));
    expect(new Set(mine.badges!.map((x) => x.clientId)).size).toBe(3);
  });
  it('M8 an edit that changes the natural key through a number: record 1 gets another weight', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { records: [record('1')] });
    const n = await a.request('push', { lastSync: m.syncTime, records: [record('1', { weight: 25, updatedAt: T + 1 }), record('2')] });
    const all = (await k.phone().request('pull', {})).records!;
    console.log(all.map((r) => [r.clientId, r.weight]), JSON.stringify(n.idMappings.records));
  });
  it('M9 same record 3x in one push in every order: newest is head, others in history', async () => {
    const states = [1, 2, 3].map((n) => ({ rpe: n, updatedAt: T + n }));
    for (const p of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) for (const known of [false, true]) {
      const kk = await new Kit(app).open(); const a = kk.phone('a'); let L = 0;
      if (known) L = (await a.request('push', { sessions: [session('q')] })).syncTime;
      const body = { lastSync: L, sessions: p.map((i) => session('q', states[i])) };
      await a.request('push', body); const clock = await kk.clock();
      await a.request('push', body);
      expect(await kk.clock()).toBe(clock);
      expect((await kk.phone().request('pull', {})).sessions!.map((s) => s.rpe)).toEqual([3]);
      expect((await kk.history('sessions')).map((h) => h.content.rpe).toSorted()).toEqual(known ? [1, 2, null] : [1, 2]);
    }
  });
  it('M10 child: parent by alias id, parent deleted and revived, two parents', async () => {
    const [a, b, c] = [k.phone('a'), k.phone('b'), k.phone('c')];
    let m = await a.request('push', { routineExercises: [exercise('E', 'R', { supersetId: 'S' })] });
    const c0 = (await c.request('pull', {})).syncTime;
    m = await a.request('push', { lastSync: m.syncTime, routines: [routine('R')] });
    const c1 = await c.request('pull', { lastSync: c0 }); expect(c1.routineExercises).toEqual([]);
    m = await a.request('push', { lastSync: m.syncTime, supersets: [superset('S', 'R')] });
    const c2 = await c.request('pull', { lastSync: c1.syncTime }); expect(c2.routineExercises).toMatchObject([{ routineId: 'R', supersetId: 'S' }]);
    m = await a.request('push', { lastSync: m.syncTime, supersets: [{ clientId: 'S', deletedAt: T + 1 }] });
    const late = await b.request('pull', {}); expect(late.routineExercises).toEqual([]);
    m = await a.request('push', { lastSync: m.syncTime, routines: [{ clientId: 'R', deletedAt: T + 1 }] });
    const l2 = await b.request('pull', { lastSync: late.syncTime });
    m = await a.request('push', { lastSync: m.syncTime, supersets: [{ clientId: 'S', deletedAt: null, updatedAt: T + 3 }], routines: [{ clientId: 'R', deletedAt: null, updatedAt: T + 3 }] });
    expect((await b.request('pull', { lastSync: l2.syncTime })).routineExercises).toHaveLength(1);
  });
  it('M11 a portal restore: status without a device id still speaks of a phone', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { sessions: [session('x')] });
    const n = await a.request('push', { lastSync: m.syncTime, sessions: [session('x', { rpe: 9, updatedAt: T + 1 })] });
    await a.request('pull', { lastSync: n.syncTime });
    await k.http('POST', '/api/sync/history/sessions/x/1/restore', {});
    const s = await k.http('GET', '/api/sync/status');
    console.log(s.body);
    expect(s.body.deviceId).toBe('a');
  });
  it('M12 a revoked "portal" device', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { sessions: [session('x')] });
    await a.request('push', { lastSync: m.syncTime, sessions: [session('x', { rpe: 9, updatedAt: T + 1 })] });
    await k.http('POST', '/api/sync/history/sessions/x/1/restore', {});
    await k.http('DELETE', '/api/sync/devices/portal');
    const r = await k.http('POST', '/api/sync/history/sessions/x/2/restore', {});
    console.log(r.status, r.body.code);
    expect(r.status).toBe(200);
  });
  it('M13 a clone that has not pushed pulls with the shared cursor', async () => {
    const a = k.phone('a');
    const m = await a.request('push', { sessions: [session('x')] });
    await a.request('push', { lastSync: m.syncTime, sessions: [session('y')] }); // original
    const clone = await a.request('pull', { lastSync: m.syncTime }); // clone, same device id and cursor
    const next = await a.request('pull', { lastSync: clone.syncTime });
    expect([...clone.sessions!, ...next.sessions!].map((s) => s.clientId)).toEqual(['y']);
  });
  it('M14 released child is not sent to the phone that holds it', async () => {
    const a = k.phone('a');
    const p1 = await a.request('push', { lastSync: 0, supersets: [superset('S', 'R')] });
    const p2 = await a.request('push', { lastSync: p1.syncTime, routines: [routine('R')] });
    expect((await a.request('pull', { lastSync: p2.syncTime })).supersets).toEqual([]);
  });
  it('M15 equal-content push with a later time, then an older unseen edit', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const m = await a.request('push', { sessions: [session('x')] });
    const cb = (await b.request('pull', {})).syncTime;
    await a.request('push', { lastSync: m.syncTime, sessions: [session('x', { updatedAt: T + 100 })] });
    const s = (await k.phone().request('pull', {})).sessions![0]!;
    console.log('head updatedAt', Number(s.updatedAt) - T);
  });
  it('M16 delete with the same deletedAt by two phones', async () => {
    const [a, b] = [k.phone('a'), k.phone('b')];
    const m = await a.request('push', { sessions: [session('x')] });
    const cb = (await b.request('pull', {})).syncTime;
    await a.request('push', { lastSync: m.syncTime, sessions: [session('x', { deletedAt: T + 10, updatedAt: T + 10 })] });
    const r = await b.request('push', { lastSync: cb, sessions: [session('x', { deletedAt: T + 20, updatedAt: T + 20 })] });
    const q = await b.request('pull', { lastSync: r.syncTime });
    expect(q.sessions).toEqual([]);
  });
  it('M17 history: same content twice', async () => {
    const a = k.phone('a'); let L = 0;
    for (const [i, rpe] of [6, 7, 6, 7, 6, 7].entries()) L = (await a.request('push', { lastSync: L, sessions: [session('x', { rpe, updatedAt: T + i })] })).syncTime;
    console.log((await k.history('sessions')).map((h) => [h.content.rpe, h.content.updatedAt - T]));
  });
  it('M18 digits device id and slash', async () => {
    const [a, b] = [k.phone('x/1'), k.phone('x')];
    await a.request('push', { routines: [routine('1')], supersets: [superset('2', '1')] });
    await b.request('push', { routines: [routine('1', { name: 'b' })], supersets: [superset('2', '1')] });
    const all = await k.phone().request('pull', {});
    expect([all.routines!.length, all.supersets!.length]).toEqual([2, 2]);
    expect(new Set(all.supersets!.map((s) => s.routineId))).toEqual(new Set(all.routines!.map((s) => s.serverId)));
    expect((await b.request('pull', { lastSync: 9 })).supersets!.map((s) => s.routineId)).toContain('1');
  });
  it('M19 digest equals for stats and after nothing', async () => {
    await k.phone('a').request('push', { sessions: [session('x'), session('1')], gamificationStats: { clientId: '1', totalWorkouts: 3, updatedAt: T } });
    const r = await k.http('GET', '/api/sync/digest?collection=gamificationStats');
    expect(r.body.collections.gamificationStats.count).toBe(1);
  });
  it('M20 account deletion during pushes and pulls leaves nothing', async () => {
    const kk = await new Kit(app).open();
    const work = Array.from({ length: 20 }, (_, i) => kk.phone('p' + i).send(i % 2 ? '/api/sync/push' : '/api/sync/pull', { sessions: Array.from({ length: 50 }, () => session(uuid())) }));
    const del = kk.http('DELETE', '/api/auth/me', { password: 'correct horse battery staple' });
    const st = (await Promise.all(work)).map((r) => r.status); console.log((await del).status, st.join());
    for (const t of ['workout_sessions', 'sync_devices', 'device_cursors', 'device_marks', 'sync_clock', 'rejected_records']) expect([t, (await kk.sql(`select count(*)::int n from ${t} where user_id=$1`, [kk.account.userId]))[0].n]).toEqual([t, 0]);
    expect(st.filter((s) => s >= 500 && s !== 503)).toEqual([]);
  });
});
