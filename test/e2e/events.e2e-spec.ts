import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import type { AuthUser } from '../../src/auth/auth-user.js';
import { JwtStrategy } from '../../src/auth/jwt.strategy.js';
import { EventStreams } from '../../src/events/event-streams.service.js';
import { Api, holdClock } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { EventReader } from '../support/events.js';
import { type Account, Phone, premiumAccount } from '../support/phone.js';
import { portalOf } from '../support/portal.js';
import { curve, Lifter } from '../support/samples.js';

const T = 1_765_000_000_000;
const routines = () => ({ routines: [{ clientId: randomUUID(), name: 'Legs', createdAt: T, updatedAt: T }] });

describe('events of an account', () => {
  let here: TestApp;
  let there: TestApp;
  let account: Account;
  const readers: EventReader[] = [];

  beforeAll(async () => {
    here = await startTestApp({ env: { EVENT_STREAMS_MAX: '30' } });
    there = await startTestApp({ database: here.database });
  });
  beforeEach(async () => {
    account = await premiumAccount(here);
  });
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.close();
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const phone = (app: TestApp, deviceId: string = randomUUID()) =>
    new Phone(app.url, account.token, deviceId);
  const clock = async () => (await phone(here).request('pull', { lastSync: 0 })).syncTime;
  const listen = async (app: TestApp, deviceId?: string, more: Record<string, string> = {}) => {
    const query = { ...(deviceId === undefined ? {} : { deviceId }), ...more };
    const reader = await EventReader.open(app.url, account.token, { query });
    readers.push(reader);
    return reader;
  };
  /** Up to date, so that what comes afterwards is news. */
  const listenFromNow = async (app: TestApp, deviceId: string = randomUUID()) => {
    const { syncTime } = await phone(app, deviceId).request('pull', { lastSync: 0 });
    return listen(app, deviceId, { lastSync: String(syncTime) });
  };

  it.each(['this process', 'another process'])(
    'come to a device when another pushes at %s',
    async (where) => {
      const reader = await listenFromNow(here);
      const { syncTime } = await phone(where === 'this process' ? here : there).request('push', routines());
      await reader.until(({ changes }) => changes.length > 0);
      expect(reader.events).toEqual([{ event: 'change', id: String(syncTime), data: { syncTime } }]);
      const pulled = await phone(here).request('pull', { lastSync: 0 });
      expect(pulled.syncTime).toBe(syncTime);
    },
  );

  it('come to nobody else, and not to the device that pushed', async () => {
    const own = await listenFromNow(here, 'mine');
    const stranger = await premiumAccount(here);
    const others = await EventReader.open(here.url, stranger.token, { query: { lastSync: '0' } });
    readers.push(others);
    const witness = await listenFromNow(here);
    await phone(here, 'mine').request('push', routines());
    await phone(there, 'mine').request('push', routines());
    await witness.until(({ changes }) => changes.length > 1);
    // Whatever was sent to them has been sent before: the same announcements, in the same turn.
    await here.app.get(EventStreams).beat();
    await own.until(({ beats }) => beats > 0);
    await others.until(({ beats }) => beats > 0);
    expect(own.events).toEqual([]);
    expect(others.changes).not.toContain(witness.changes[0]);
    expect(others.events.length).toBeLessThanOrEqual(1);
  });

  it('are not made by a push that changes nothing', async () => {
    const body = routines();
    const { syncTime } = await phone(here, 'first').request('push', body);
    const reader = await listen(here, 'second', { lastSync: String(syncTime) });
    await phone(here, 'third').request('push', body);
    await phone(here, 'third').request('push', routines());
    await reader.until(({ changes }) => changes.length > 0);
    expect(reader.changes).toEqual([await clock()]);
  });

  it('tell at once who is behind already, by its cursor or by the last event it read', async () => {
    const { syncTime } = await phone(here).request('push', routines());
    const unknown = await listen(here);
    const behind = await listen(here, 'a', { lastSync: String(syncTime - 1) });
    const resumed = await EventReader.open(here.url, account.token, {
      headers: { 'last-event-id': String(syncTime - 1) },
    });
    readers.push(resumed);
    for (const reader of [unknown, behind, resumed]) {
      await reader.until(({ changes }) => changes.length > 0);
      expect(reader.changes).toEqual([syncTime]);
    }
    const upToDate = await listen(here, 'b', { lastSync: String(syncTime) });
    await here.app.get(EventStreams).beat();
    await upToDate.until(({ beats }) => beats > 0);
    expect(upToDate.events).toEqual([]);
  });

  it('tell of samples, which no pull brings', async () => {
    const lifter = await Lifter.in(here);
    const reader = await EventReader.open(here.url, lifter.account.token, { query: { deviceId: 'portal' } });
    readers.push(reader);
    await lifter.upload(randomUUID(), curve(0, 10));
    await reader.until(({ events }) => events.some(({ event }) => event === 'samples'));
    expect(reader.events.at(-1)).toEqual({ event: 'samples', id: undefined, data: {} });
  });

  it('tell a phone what was restored in the portal', async () => {
    const portal = await portalOf(here);
    const record = { clientId: randomUUID(), name: 'Legs', createdAt: T, updatedAt: T };
    await portal.push({ routines: [record] });
    const { syncTime } = await portal.push({ routines: [{ ...record, name: 'Arms', updatedAt: T + 1 }] });
    const reader = await EventReader.open(here.url, portal.token, { query: { lastSync: String(syncTime) } });
    readers.push(reader);
    const { items } = await portal.read('/api/routines');
    const id = String(items[0].serverId);
    const { versions } = await portal.read(`/api/sync/history/routines/${id}`);
    await new Api(here.url).post(`/api/sync/history/routines/${id}/${versions[0].version}/restore`, {
      token: portal.token,
    });
    await reader.until(({ changes }) => changes.length > 0);
    expect(reader.changes[0]).toBeGreaterThan(syncTime);
  });

  it('go on when the connection that hears of other processes is cut, and bring what was missed', async () => {
    const reader = await listenFromNow(here);
    await phone(there).request('push', routines());
    await reader.until(({ changes }) => changes.length === 1);
    const admin = new Client({ connectionString: here.database.url });
    await admin.connect();
    const { rowCount } = await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'phoenix-portal-events' and datname = current_database()`,
    );
    await admin.end();
    expect(rowCount).toBeGreaterThan(0);
    for (let n = 0; n < 2; n++) {
      await phone(there).request('push', routines());
      const now = await clock();
      await reader.until(({ changes }) => changes.includes(now));
    }
  });

  it('are not packed and not kept by a proxy', async () => {
    const reader = await EventReader.open(here.url, account.token, {
      headers: { 'accept-encoding': 'gzip' },
    });
    readers.push(reader);
    const { headers } = reader.response;
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(headers.get('content-encoding')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-accel-buffering')).toBe('no');
    await reader.until(({ retryMs }) => retryMs !== undefined);
    expect(reader.retryMs).toBeGreaterThanOrEqual(1000);
  });

  it('answer HEAD without a stream', async () => {
    const { status } = await new Api(here.url).send('HEAD', '/api/sync/events', { token: account.token });
    expect(status).toBe(200);
    expect(here.app.get(EventStreams).open).toBe(0);
  });
});

describe('a stream of events', () => {
  let app: TestApp;
  let account: Account;
  beforeEach(async () => {
    app = await startTestApp({ env: { EVENT_STREAMS_MAX: '22' } });
    account = await premiumAccount(app);
  });
  afterEach(() => app.close());

  const open = (token = account.token) => EventReader.open(app.url, token);
  const beat = () => app.app.get(EventStreams).beat();
  const push = (token: string) => new Phone(app.url, token, randomUUID()).request('push', routines());

  it('ends when its sign-in does, and says nothing more', async () => {
    const { body: other } = await new Api(app.url).post('/api/auth/login', {
      body: { email: account.email, password: 'correct horse battery staple' },
    });
    const reader = await open();
    await reader.until(({ changes }) => changes.length === 1);
    await new Api(app.url).post('/api/auth/logout', { token: account.token, body: {} });
    await push(other.token);
    await reader.until(({ hasEnded }) => hasEnded);
    expect(reader.changes).toHaveLength(1);
    expect((await open()).response.status).toBe(401);
  });

  it('ends with the premium of the account', async () => {
    const portal = await portalOf(app);
    const reader = await open(portal.token);
    await portal.losePremium();
    await beat();
    await reader.until(({ hasEnded }) => hasEnded);
    expect((await open(portal.token)).response.status).toBe(403);
  });

  it('ends with the account', async () => {
    const reader = await open();
    await new Api(app.url).delete('/api/auth/me', {
      token: account.token,
      body: { password: 'correct horse battery staple' },
    });
    await beat();
    await reader.until(({ hasEnded }) => hasEnded);
  });

  it('ends after half an hour at most, and with its token', async () => {
    const clock = holdClock(app.app);
    const reader = await open();
    await beat();
    await reader.until(({ beats }) => beats === 1);
    clock.advance(30 * 60_000);
    await beat();
    await reader.until(({ hasEnded }) => hasEnded);
    expect(reader.retryMs).toBeGreaterThanOrEqual(1000);
    const next = await open();
    expect(next.response.status).toBe(200);
    clock.advance(8 * 24 * 3_600_000);
    await beat();
    await next.until(({ hasEnded }) => hasEnded);
    expect((await open()).response.status).toBe(401);
  });

  it('is refused beyond what an account and a process may have, and there is room again when one ends', async () => {
    const readers = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(readers.map(({ response }) => response.status)).toEqual(readers.map(() => 200));
    const beyond = await open();
    expect(beyond.response.status).toBe(503);
    expect(Number(beyond.response.headers.get('retry-after'))).toBeGreaterThan(0);
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => open((await premiumAccount(app)).token)),
    );
    expect(others.filter(({ response }) => response.status === 200)).toHaveLength(2);
    expect(others.filter(({ response }) => response.status === 503)).toHaveLength(1);
    readers[0]?.close();
    const streams = app.app.get(EventStreams);
    await readers[1]?.until(() => streams.open === 21);
    const again = await open();
    expect(again.response.status).toBe(200);
    for (const reader of [...readers, ...others, again]) reader.close();
  });

  it('is ended when the server stops, which does not wait for it', async () => {
    const readers = await Promise.all(Array.from({ length: 5 }, () => open()));
    await app.app.close();
    for (const reader of readers) {
      await reader.until(({ hasEnded }) => hasEnded);
      expect(reader.retryMs).toBeGreaterThanOrEqual(1000);
    }
  });

  it('does not begin any more when the server has begun to stop', async () => {
    const streams = app.app.get(EventStreams);
    const user = await app.app.get(JwtStrategy).again(userOf(account.token));
    const early = streams.subscribe(user, { cursor: null });
    streams.onModuleDestroy();
    const { body } = await early;
    expect(await text(body)).toMatch(/^retry: \d+\n\n$/);
    await expect(streams.subscribe(user, { cursor: null })).rejects.toMatchObject({
      code: 'server.unavailable',
    });
    expect(streams.open).toBe(0);
  });
});

/** As far as a stream wants to know whom a token is for. */
function userOf(token: string): AuthUser {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sub: string;
    sid: string;
    exp: number;
  };
  return { id: claims.sub, sessionId: claims.sid, tokenExpiresAt: claims.exp * 1000 } as AuthUser;
}
