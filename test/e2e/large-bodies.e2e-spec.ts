import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, Phone, premiumAccount, type WireRecord } from '../support/phone.js';

const T = 1_765_000_000_000;

const routines = (count: number): WireRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    clientId: randomUUID(),
    name: 'Legs',
    description: 'x'.repeat(500),
    createdAt: T + n,
    updatedAt: T + n,
  }));

/** More than 1 MB: far above what never waits. */
const LARGE = 2000;

/** They wait for their turn before they are parsed (src/http/large-bodies.ts). */
describe('large bodies', () => {
  let server: TestApp;
  let account: Account;
  let phone: Phone;
  beforeAll(async () => {
    server = await startTestApp();
    account = await premiumAccount(server);
    phone = new Phone(server.url, account.token, 'phone');
  });
  afterAll(() => server.close());

  /** Keeps every push of the account waiting while `work` runs. */
  async function withClockHeld(work: () => Promise<void>): Promise<void> {
    const other = new Client({ connectionString: server.database.url });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('select from sync_clock where user_id = $1 for no key update', [account.userId]);
      await work();
    } finally {
      await other.end();
    }
  }

  it('of many phones at once are all stored', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => premiumAccount(server)));
    const senders = [account, account, account, account, ...others];
    const answers = await Promise.all(
      senders.map(({ token }, n) =>
        new Phone(server.url, token, `phone ${n}`).request('push', {
          lastSync: 0,
          routines: routines(LARGE),
        }),
      ),
    );
    for (const { idMappings, rejected } of answers)
      expect([Object.keys(idMappings['routines'] ?? {}).length, rejected]).toEqual([LARGE, []]);
  });

  it('keep nobody from working whose body is small, the same account included', async () => {
    const other = new Phone(server.url, (await premiumAccount(server)).token, 'other');
    const body = { lastSync: 0, routines: routines(LARGE) };
    let answered = 0;
    const pushes: Promise<unknown>[] = [];
    await withClockHeld(async () => {
      for (let n = 0; n < 2; n++) pushes.push(phone.send('/api/sync/push', body).finally(() => answered++));
      await phone.request('pull', { lastSync: 0, limit: 1 });
      await other.request('push', { lastSync: 0, routines: routines(1) });
      expect(answered).toBe(0);
    });
    await Promise.all(pushes);
  });

  it('leave their place to the next when their phone hangs up', async () => {
    const { hostname, port } = new URL(server.url);
    await withClockHeld(async () => {
      const request = http.request({
        hostname,
        port,
        method: 'POST',
        path: '/api/sync/push',
        headers: { authorization: `Bearer ${account.token}`, 'content-type': 'application/json' },
      });
      request.on('error', () => undefined);
      request.end(JSON.stringify({ deviceId: 'gone', lastSync: 0, routines: routines(LARGE) }));
      await once(request, 'finish');
      // The server has it in work as soon as it waits for the clock, or still waits for its turn: both must end.
      await phone.request('pull', { lastSync: 0, limit: 1 });
      request.destroy();
    });
    const { idMappings } = await phone.request('push', { lastSync: 0, routines: routines(LARGE) });
    expect(Object.keys(idMappings['routines'] ?? {})).toHaveLength(LARGE);
  });

  it('leave their place to the next when they are refused', async () => {
    const api = new Api(server.url);
    const send = (text: string, token?: string, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/api/sync/push`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: headers['content-encoding'] ? gzipSync(text) : text,
      });
    const body = JSON.stringify({ lastSync: 0, routines: routines(LARGE) });
    const packed = { 'content-encoding': 'gzip' };
    for (const [text, token, headers, status] of [
      [`${body}}`, account.token, {}, 400],
      [`${body}}`, account.token, packed, 400],
      [body, account.token, {}, 400],
      [body, undefined, {}, 401],
      [body, 'no token', packed, 401],
    ] as const)
      expect([status, (await send(text, token, headers)).status]).toEqual([status, status]);
    const free = await api.signUp();
    const refused = await api.post('/api/sync/push', { token: free.token, body: JSON.parse(body) });
    expect(outcomeOf(refused)).toEqual([403, 'premium.required']);
    expect((await phone.send('/api/sync/push', JSON.parse(body))).status).toBe(200);
  });
});
