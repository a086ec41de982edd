import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { ExportService } from '../../src/account-data/export.service.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { Database } from '../../src/database/database.js';
import { outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { aRoutine, aRoutineExercise, aSet, aSuperset, type Portal, portalOf } from '../support/portal.js';
import { Exported } from '../support/zip.js';

/** Notes no compression makes smaller: together more than all buffers between a server and a reader who waits. */
const bulk = () => ({
  supersets: Array.from({ length: 350 }, () =>
    aSuperset('none', { note: randomBytes(45_000).toString('base64') }),
  ),
});

describe('an export that does not go smoothly', () => {
  let app: TestApp;
  let owner: Portal;

  beforeAll(async () => {
    app = await startTestApp({ env: { ACCOUNT_DATA_AT_ONCE: '2' } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    owner = await portalOf(app);
  });

  /** Begins a download and reads nothing of its body. */
  async function begin({ token }: Portal): Promise<http.IncomingMessage> {
    const request = http.get(`${app.url}/api/account/export`, {
      agent: false,
      headers: { authorization: `Bearer ${token}` },
    });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return response;
  }

  it('runs once an account at a time, and a few at a time altogether', async () => {
    const others = [await portalOf(app), await portalOf(app)];
    for (const portal of [owner, ...others]) await portal.push(bulk());
    const [first, second] = [await begin(owner), await begin(others[0])];
    expect(outcomeOf(await owner.get('/api/account/export'))).toEqual([409, 'export.running']);
    const third = await others[1].get('/api/account/export');
    expect(outcomeOf(third)).toEqual([503, 'server.unavailable']);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    const fourth = others[1].get('/api/account/export');
    await Promise.all([rest(first), rest(second)]);
    expect((await fourth).status).toBe(200);
    await untilFree(owner);
    await untilFree(others[1]);
  });

  it('is begun for nobody: who hangs up while waiting for a place may ask again at once', async () => {
    const others = [await portalOf(app), await portalOf(app)];
    for (const portal of others) await portal.push(bulk());
    const running = [await begin(others[0]), await begin(others[1])];
    const begun = jest.spyOn(app.app.get(ExportService), 'begin');
    const request = http.get(`${app.url}/api/account/export`, {
      agent: false,
      headers: { authorization: `Bearer ${owner.token}` },
    });
    request.on('error', () => undefined);
    const signal = await callOf(begun, 1);
    const hungUp = once(signal, 'abort');
    request.destroy();
    await hungUp;
    const again = owner.get('/api/account/export');
    await callOf(begun, 2);
    await Promise.all(running.map(rest));
    expect((await again).status).toBe(200);
    await expect(begun.mock.results[0]?.value).rejects.toMatchObject({ code: 'server.unavailable' });
    begun.mockRestore();
    for (const portal of others) await untilFree(portal);
  });

  it('reads no further than its reader, and holds no connection while that one waits', async () => {
    await owner.push(bulk());
    let asked = 0;
    const unwatch = watchStatements(app, () => asked++);
    const response = await begin(owner);
    // Until it has stopped by itself.
    let before = -1;
    while (before !== asked) {
      before = asked;
      await pause(300);
    }
    expect(asked).toBeLessThan(8);
    const pool = app.app.get<Database, { pool: Pool }>(Database).pool;
    expect(pool.idleCount).toBe(pool.totalCount);
    const made = await Exported.of(await rest(response));
    expect(made.json('records/supersets.json')).toHaveLength(350);
    expect(asked).toBeGreaterThan(20);
    unwatch();
  });

  it('gives everything back when its reader is gone', async () => {
    await owner.push(bulk());
    for (let times = 0; times < 2; times++) {
      const response = await begin(owner);
      response.destroy();
      await untilFree(owner);
    }
  });

  it('that fails half-way is cut, and no program takes it for a whole one', async () => {
    const set = aSet();
    await owner.push({ sessions: [set] });
    const metrics = app.app.get(MetricsService);
    const broken = jest.spyOn(metrics, 'allSeries').mockImplementation(() => {
      throw new Error('the disk is on fire');
    });
    const response = await begin(owner);
    await expect(rest(response)).rejects.toThrow();
    broken.mockRestore();
    await untilFree(owner);
  });

  it('holds what was there when it began, however records change meanwhile, and no child without its parent', async () => {
    const routines = Array.from({ length: 120 }, (_, n) => aRoutine({ name: `before ${n}` }));
    const items = routines.map(({ clientId }) => aRoutineExercise(clientId));
    await owner.push({ routines, routineExercises: items, ...bulk() });
    // It stands in the supersets, which are read after the exercises of routines and before the routines.
    const response = await begin(owner);
    const late = aRoutine();
    await owner.push({
      routines: [...routines.map((one) => ({ ...one, name: 'after', updatedAt: one.updatedAt + 1 })), late],
      routineExercises: [aRoutineExercise(late.clientId)],
    });
    const made = await Exported.of(await rest(response));
    const shown = made
      .json('records/routines.json')
      .map(({ record }: { record: { clientId: string } }) => record);
    const ids = new Set(shown.map(({ clientId }: { clientId: string }) => clientId));
    for (const { clientId } of routines) expect(ids.has(clientId)).toBe(true);
    for (const { record } of made.json('records/routineExercises.json'))
      expect(ids.has(record.routineId)).toBe(true);
    // Each name of before is current in it or in its history.
    const names = [
      ...shown,
      ...made.json('history/routines.json').map(({ record }: { record: object }) => record),
    ].map(({ name }: { name: string }) => name);
    for (let n = 0; n < routines.length; n++) expect(names).toContain(`before ${n}`);
  });
});

async function rest(response: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** What the n-th request for an export was begun with, once it is. */
async function callOf(
  begun: jest.SpyInstance<unknown, [string, AbortSignal]>,
  n: number,
): Promise<AbortSignal> {
  while (begun.mock.calls.length < n) await new Promise((resolve) => setImmediate(resolve));
  return begun.mock.calls[n - 1][1];
}

/** Until the account may export again. */
async function untilFree(portal: Portal): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await portal.get('/api/account/export')).status === 200) return;
    await pause(20);
  }
  throw new Error('the place was never given back');
}

/** Tells of every statement on behalf of an account. */
function watchStatements(app: TestApp, note: () => void): () => void {
  const database = app.app.get(Database);
  const of = database.of.bind(database);
  database.of = (users) => {
    const sql = of(users);
    const query = sql.query.bind(sql);
    sql.query = (statement) => {
      note();
      return query(statement);
    };
    return sql;
  };
  return () => {
    database.of = of;
  };
}
