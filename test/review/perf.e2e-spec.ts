import { startTestApp, type TestApp } from '../support/app.js';
import { Kit, T, session, uuid } from './kit.js';
jest.setTimeout(300_000);
const ms = async <X>(what: string, f: () => Promise<X>) => { const t = performance.now(); const r = await f(); console.log(what, Math.round(performance.now() - t), 'ms'); return r; };
describe('review: perf', () => {
  let app: TestApp; let k: Kit;
  beforeAll(async () => { app = await startTestApp({ env: { DATABASE_POOL_SIZE: '2' } }); });
  afterAll(() => app.close());
  beforeEach(async () => { k = await new Kit(app).open(); });
  it('P1 first-unheld with many marks, generic plan', async () => {
    const n = 20_000;
    const list = Array.from({ length: n }, () => session(uuid()));
    await ms('push ' + n, () => k.phone('a').request('push', { sessions: list }));
    await ms('same again, same L', () => k.phone('a').request('push', { sessions: list }));
    await ms('b: same records, fresh connections', () => k.phone('b').request('push', { sessions: list }));
    // warm up: every pool connection runs the statement more than five times with small arrays
    const kk = await new Kit(app).open();
    for (let i = 0; i < 24; i++) await kk.phone('d' + i).request('push', { sessions: [session('x')] });
    await ms('c: same records, warmed connections', () => k.phone('c').request('push', { sessions: list }));
    await ms('c: again', () => k.phone('c').request('push', { sessions: list }));
    const p = await ms('c: pull 0', () => k.phone('c').request('pull', { lastSync: 0 }));
    expect(p.sessions).toEqual([]);
    await ms('c: status', () => k.phone('c').status(0));
  });
  it('P2 100,000 records: push, pull, order of sections, duplicates of one id', async () => {
    const list = Array.from({ length: 100_000 }, () => session(uuid()));
    await ms('push 100k', () => k.phone('a').request('push', { sessions: list, records: [], badges: [] }));
    await k.sql('analyze workout_sessions');
    const p = await ms('pull 100k', () => k.phone('b').request('pull', { lastSync: 0 }));
    expect(p.sessions).toHaveLength(100_000);
    await ms('re-push 100k', () => k.phone('a').request('push', { sessions: list }));
    const r2 = await ms('pull 100k again', () => k.phone('b2').request('pull', { lastSync: 0 }));
    expect(r2.sessions).toHaveLength(100_000);
  });
  it('P3 50,000 times one id in one push', async () => {
    await ms('dup digits', () => k.phone('a').request('push', { badges: Array.from({ length: 50_000 }, (_, i) => ({ clientId: '1', badgeId: 'b', earnedAt: T + i, createdAt: T, updatedAt: T + i })) }));
    await ms('dup digits other natural keys', () => k.phone('a2').request('push', { badges: Array.from({ length: 20_000 }, (_, i) => ({ clientId: '1', badgeId: 'c' + i, earnedAt: T, createdAt: T, updatedAt: T + i })) }));
  });
  it('P4 EXPLAIN of pull-few on a big account: parallel append?', async () => {
    const rows = await k.sql(`show max_parallel_workers_per_gather`); console.log(rows);
  });
});
