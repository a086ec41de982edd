import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, Phone, premiumAccount, type WireRecord } from '../support/phone.js';

const T = 1_765_000_000_000;
const COUNT = 1201;

const routine = (n: number): WireRecord => ({
  clientId: `routine ${n}`,
  name: `Routine ${n}`,
  createdAt: T,
  updatedAt: T + n,
});
const superset = (n: number): WireRecord => ({
  clientId: `superset_${randomUUID()}`,
  routineId: `ROUTINE ${n}`,
  name: `Superset ${n}`,
  orderIndex: n,
  createdAt: T,
  updatedAt: T,
});

describe('a large pull', () => {
  let app: TestApp;
  let account: Account;
  let all: Record<'routines' | 'supersets', WireRecord[]>;

  beforeAll(async () => {
    app = await startTestApp();
    account = await premiumAccount(app);
    const numbers = Array.from({ length: COUNT }, (_, n) => n);
    all = { routines: numbers.map(routine), supersets: numbers.map(superset) };
    await phone('writer').request('push', all);
  });
  afterAll(() => app.close());

  const deviceRows = async () => {
    const [row] = await app.owner.query<{ xmin: string }>({
      text: `select string_agg(xmin::text, ',' order by device_id) as xmin from sync_devices where user_id = $1`,
      values: [account.userId],
    });
    return row?.xmin;
  };
  const phone = (name: string) => new Phone(app.url, account.token, name);
  const raw = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/api/sync/pull`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('brings everything once, parents before children', async () => {
    const text = await (await raw({ deviceId: 'reader' })).text();
    const answer = JSON.parse(text) as Record<string, WireRecord[]>;
    expect(new Set(answer['routines']?.map(({ clientId }) => clientId)).size).toBe(COUNT);
    expect(answer['supersets']).toHaveLength(COUNT);
    expect(text.indexOf('"routines"')).toBeLessThan(text.indexOf('"supersets"'));
  });

  it('has every promised key, also where there is nothing', async () => {
    const empty = await premiumAccount(app);
    const answer = await new Phone(app.url, empty.token, 'new').request('pull', {});
    const sections = [
      'sessions',
      'records',
      'phaseStats',
      'routines',
      'supersets',
      'routineExercises',
      'exercises',
      'badges',
    ];
    expect(answer).toEqual({
      syncTime: expect.any(Number),
      hasMore: false,
      resync: false,
      epoch: expect.any(Number),
      ...Object.fromEntries(sections.map((name) => [name, []])),
      gamificationStats: null,
    });
  });

  it('comes in pages of whole versions, one of 500 records at least', async () => {
    const reader = phone('paging reader');
    const sizes: number[] = [];
    const seen = new Set<string>();
    let lastSync = 0;
    for (let more = true; more;) {
      const page = await reader.request('pull', { lastSync, limit: 1 });
      const records = [...(page['routines'] ?? []), ...(page['supersets'] ?? [])];
      for (const { serverId } of records) seen.add(String(serverId));
      sizes.push(records.length);
      lastSync = page.syncTime;
      more = page.hasMore;
    }
    expect(sizes).toEqual([500, 500, 500, 500, 402]);
    expect(seen.size).toBe(2 * COUNT);
  });

  it('is packed where the client takes gzip', async () => {
    const answer = await raw({ deviceId: 'packed' }, { 'accept-encoding': 'gzip' });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(((await answer.json()) as Record<string, unknown[]>)['routines']).toHaveLength(COUNT);
  });

  it('that is cut gives its connection back, and costs the phone nothing', async () => {
    const cuts = Array.from({ length: 30 }, async (_, n) => {
      const abort = new AbortController();
      const answer = await fetch(`${app.url}/api/sync/pull`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ deviceId: `cut ${n}` }),
        signal: abort.signal,
      });
      await answer.body?.getReader().read();
      abort.abort();
    });
    await Promise.all(cuts);
    for (let n = 0; n < 30; n++) {
      const again = await phone(`cut ${n}`).request('pull', { limit: 500 });
      expect(again['routines']).toHaveLength(500);
    }
  });

  it('that finds nothing new writes nothing', async () => {
    const reader = phone('idle reader');
    const { syncTime } = await reader.request('pull', {});
    const before = await deviceRows();
    for (let n = 0; n < 3; n++)
      expect((await reader.request('pull', { lastSync: syncTime })).syncTime).toBe(syncTime);
    expect(await deviceRows()).toBe(before);
  });
});
