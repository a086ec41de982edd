import { Database } from '../../src/database/database.js';
import { JobMeters } from '../../src/monitoring/job-meters.js';
import { Api, holdClock, newEmail, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { Scrape } from '../support/scrape.js';

const routine = (clientId: string, more: object = {}) => ({
  clientId,
  name: 'Push day',
  createdAt: 1,
  updatedAt: 1,
  ...more,
});

/** Pushes after which a clock was more than a minute ahead. */
const farAhead = (scrape: Scrape): number =>
  scrape.value('phoenix_sync_clock_lead_seconds_count') -
  scrape.value('phoenix_sync_clock_lead_seconds_bucket', { le: '60' });

describe('GET /metrics', () => {
  let server: TestApp;
  let api: Api;
  const metrics = () => Scrape.of(server.url);

  beforeAll(async () => {
    server = await startTestApp({ env: { RATE_LIMIT: 'on' } });
    api = new Api(server.url);
  });
  afterAll(() => server.close());

  it('counts requests by the pattern of their route, never by the path that was sent', async () => {
    const { token } = await premiumAccount(server);
    for (const id of ['one', 'two', 'three']) await api.get(`/api/sessions/${id}`, { token });
    await api.get('/api/nowhere/at-all');
    await api.send('PROPFIND', '/api/nowhere/else');
    const scrape = await metrics();
    const route = '/api/sessions/:id';
    expect(scrape.value('phoenix_http_requests_total', { route, method: 'GET', status: '4xx' })).toBe(3);
    expect(scrape.value('phoenix_http_request_duration_seconds_count', { route, method: 'GET' })).toBe(3);
    expect(scrape.value('phoenix_http_requests_total', { route: 'none', status: '4xx' })).toBe(2);
    expect(scrape.text).not.toContain('nowhere');
    expect(scrape.text).not.toContain('sessions/one');
  });

  it('counts what pushes and pulls move and what becomes of each record', async () => {
    const { token } = await premiumAccount(server);
    const [phone, tablet] = ['phone', 'tablet'].map((name) => new Phone(server.url, token, name));
    const before = await metrics();
    const first = [routine('a'), routine('b'), routine('c', { name: 5 })];
    const { syncTime } = await phone.request('push', { routines: first });
    await tablet.request('pull', {});
    // An equal one, and an edit of another device that had not seen the first: the newer edit wins, then loses.
    await phone.request('push', { lastSync: syncTime, routines: [routine('a')] });
    const stranger = new Phone(server.url, token, 'stranger');
    await stranger.request('push', { routines: [routine('b', { name: 'Older', updatedAt: 0 })] });
    await stranger.request('push', { routines: [routine('b', { name: 'Newer', updatedAt: 9 })] });
    const after = await metrics();
    const more = (name: string, labels: Record<string, string> = {}) =>
      after.value(name, labels) - before.value(name, labels);

    const collection = 'routines';
    expect(more('phoenix_records_accepted_total', { collection })).toBe(3);
    expect(more('phoenix_records_unchanged_total', { collection })).toBe(1);
    expect(more('phoenix_records_superseded_total', { collection })).toBe(1);
    expect(more('phoenix_records_rejected_total', { code: 'record.wrong_type' })).toBe(1);
    expect(more('phoenix_sync_conflicts_total', { collection, winner: 'stored' })).toBe(1);
    expect(more('phoenix_sync_conflicts_total', { collection, winner: 'sent' })).toBe(1);
    expect(more('phoenix_push_records_count')).toBe(4);
    expect(more('phoenix_push_records_sum')).toBe(6);
    expect(more('phoenix_pull_records_sum')).toBe(2);
    expect(more('phoenix_pull_bytes_sum')).toBeGreaterThan(200);
    expect(more('phoenix_sync_clock_lead_seconds_count')).toBe(2);
    expect(more('phoenix_sync_clock_lead_seconds_bucket', { le: '0.01' })).toBe(2);
    const push = { route: '/api/sync/push', method: 'POST' };
    expect(after.value('phoenix_http_request_body_bytes_count', push)).toBe(4);
    const bytes = after.value('phoenix_http_request_body_bytes_sum', push);
    expect(bytes).toBeGreaterThan(JSON.stringify(first).length);
  });

  it('tells how far the clock of an account is ahead of wall time', async () => {
    const { token, userId } = await premiumAccount(server);
    const anHourAhead = Date.now() + 3_600_000;
    const text = 'update sync_clock set clock = $2 where user_id = $1';
    await server.app
      .get(Database)
      .of(userId)
      .query({ text, values: [userId, anHourAhead] });
    const before = await metrics();
    await new Phone(server.url, token, 'phone').request('push', { routines: [routine('a')] });
    const after = await metrics();
    expect(farAhead(after) - farAhead(before)).toBe(1);
  });

  it('counts streamed answers like those in one piece', async () => {
    const { token } = await premiumAccount(server);
    const before = await metrics();
    const routines = Array.from({ length: 600 }, (_, n) => routine(`r${n}`));
    await new Phone(server.url, token, 'phone').request('push', { routines });
    const pulled = await new Phone(server.url, token, 'tablet').request('pull', {});
    const after = await metrics();
    const more = (name: string) => after.value(name) - before.value(name);
    expect(more('phoenix_pull_records_sum')).toBe(600);
    expect(more('phoenix_pull_bytes_sum')).toBe(Buffer.byteLength(JSON.stringify(pulled)));
  });

  it('counts who comes in, who does not, and what a limit refuses', async () => {
    const { email, password } = await api.signUp();
    await api.post('/api/auth/login', { body: { email, password } });
    const guess = { email: newEmail(), password: 'not the right password' };
    for (let n = 0; n < 20; n++) await api.post('/api/auth/login', { body: guess });
    const scrape = await metrics();
    const logins = (outcome: string) => scrape.value('phoenix_sign_ins_total', { kind: 'login', outcome });
    expect(logins('succeeded')).toBe(1);
    expect(logins('auth.credentials_wrong')).toBe(19);
    expect(logins('auth.too_many_attempts')).toBe(1);
    expect(scrape.value('phoenix_rate_limited_total', { limit: 'passwords' })).toBe(1);
  });

  it('tells of the process, its queues, its connections, and the database', async () => {
    const scrape = await metrics();
    expect(scrape.value('phoenix_build_info', { node: process.versions.node })).toBe(1);
    expect(scrape.value('phoenix_process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(scrape.value('phoenix_event_loop_active_seconds_total')).toBeGreaterThan(0);
    expect(scrape.labels('phoenix_queue_waiting', 'queue')).toEqual([
      'large_bodies',
      'passwords',
      'pull_streams',
      'user_turns',
    ]);
    expect(scrape.value('phoenix_database_pool_size', { pool: 'primary' })).toBe(10);
    expect(scrape.value('phoenix_database_pool_wait_seconds_count')).toBeGreaterThan(0);
    expect(scrape.value('phoenix_ready')).toBe(1);
    expect(scrape.value('phoenix_database_up')).toBe(1);
    expect(scrape.value('phoenix_migrations_pending')).toBe(0);
  });

  it('tells when a job last ended well, and counts a job that never ran from when it was expected', async () => {
    const other = await startTestApp({ database: server.database });
    try {
      const clock = holdClock(other.app, 1_800_000_000_000);
      const jobs = other.app.get(JobMeters, { strict: false });
      for (const job of ['one', 'two']) jobs.jobExpected(job);
      clock.advance(60_000);
      jobs.jobDone('one');
      const scrape = await Scrape.of(other.url);
      const at = (job: string) => scrape.value('phoenix_job_last_success_timestamp_seconds', { name: job });
      expect([at('one'), at('two')]).toEqual([1_800_000_060, 1_800_000_000]);
    } finally {
      await other.close();
    }
  });

  it('keeps the numbers of two servers in one process apart', async () => {
    const other = await startTestApp({ database: server.database });
    try {
      const scrape = await Scrape.of(other.url);
      expect(scrape.value('phoenix_sign_ins_total', { kind: 'login', outcome: 'succeeded' })).toBe(0);
    } finally {
      await other.close();
    }
  });
});

describe('GET /metrics of a server with METRICS_TOKEN', () => {
  const token = 'a-token-for-prometheus-only';
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp({ env: { METRICS_TOKEN: token, NODE_ENV: 'production' } });
  });
  afterAll(() => server.close());

  it('answers who has it, and nobody else', async () => {
    const api = new Api(server.url);
    expect((await api.get('/metrics', { token })).body).toContain('phoenix_build_info');
    expect(outcomeOf(await api.get('/metrics'))).toEqual([401, 'auth.token_missing']);
    expect(outcomeOf(await api.get('/metrics', { token: `${token}x` }))).toEqual([401, 'auth.token_invalid']);
    const { token: ofAnAccount } = await api.signUp();
    expect((await api.get('/metrics', { token: ofAnAccount })).status).toBe(401);
  });
});

describe('GET /metrics of a server in production without METRICS_TOKEN', () => {
  it('is not there', async () => {
    const server = await startTestApp({ env: { NODE_ENV: 'production' } });
    try {
      const answer = await new Api(server.url).get('/metrics');
      expect(outcomeOf(answer)).toEqual([404, 'route.not_found']);
    } finally {
      await server.close();
    }
  });
});
