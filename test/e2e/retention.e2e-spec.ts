import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { Client } from 'pg';
import { runCli } from '../../src/cli/run.js';
import { RetentionService } from '../../src/retention/retention.service.js';
import { RetentionSchedule } from '../../src/retention/retention-schedule.js';
import { Api, holdClock } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { faultsOf } from '../support/faults-of.js';
import { Phone, type WireRecord } from '../support/phone.js';
import { aSet, type Portal, portalOf } from '../support/portal.js';
import { Scrape } from '../support/scrape.js';

const DAY_MS = 86_400_000;
const THEN = Date.UTC(2024, 0, 5, 18);
const NOW = Date.UTC(2026, 10, 29, 12);
const FULL_DAYS = 365;

describe('what is past its time', () => {
  let app: TestApp;
  let owner: Portal;
  let clock: ReturnType<typeof holdClock>;
  let retention: RetentionService;

  beforeEach(async () => {
    app = await startTestApp();
    owner = await portalOf(app);
    clock = holdClock(app.app, NOW);
    retention = app.app.get(RetentionService);
  });
  afterEach(() => app.close());

  const sql = <T = Record<string, unknown>>(text: string, ...values: unknown[]): Promise<T[]> =>
    app.owner.query<T>({ text, values });

  interface State {
    serverId: string;
    version: number;
    at: number;
    reason: string;
    deleted: boolean | null;
    kept: boolean;
  }
  const states = async (): Promise<State[]> => {
    const rows = await sql<State & { at: string }>(
      `select server_id as "serverId", version, stored_at as at, reason, content is not null as kept,
        (content ->> 'deletedAt') is not null as deleted
       from record_versions where user_id = $1 order by server_id, version`,
      owner.userId,
    );
    return rows.map((row) => ({ ...row, at: Number(row.at) }));
  };
  const kept = async () => (await states()).flatMap((state) => (state.kept ? [state.version] : []));

  /** One set, edited; its earlier states put away at these times. */
  async function edited(
    putAwayAt: number[],
    fields: (n: number) => object = () => ({}),
  ): Promise<WireRecord> {
    const set: WireRecord = aSet({ updatedAt: THEN, ...fields(0) });
    await owner.push({ sessions: [set] });
    for (const [n] of putAwayAt.entries())
      await owner.push({
        sessions: [
          { ...set, totalReps: 100 + n, updatedAt: THEN + n + 1, deletedAt: null, ...fields(n + 1) },
        ],
      });
    for (const [n, at] of putAwayAt.entries())
      await sql(
        'update record_versions set stored_at = $2 where user_id = $1 and version = $3',
        owner.userId,
        at,
        n + 1,
      );
    return set;
  }

  it('is of the history all but the newest state of each month, once a year has passed', async () => {
    const [march, april] = [Date.UTC(2025, 2, 3), Date.UTC(2025, 3, 30)];
    await edited([march, march + DAY_MS, april, NOW - FULL_DAYS * DAY_MS + 1, NOW - 5, NOW - 4]);
    const counts = await retention.run();
    expect(counts).toMatchObject({ finished: true, accounts: 1, removed: { history: 1 } });
    expect(await kept()).toEqual([2, 3, 4, 5, 6]);
    // A state that is the only one of its month stays, however old it grows.
    clock.advance(3650 * DAY_MS);
    await retention.run();
    expect(await kept()).toEqual([2, 3, 4, 6]);
  });

  it('is never the last live content of a deleted record', async () => {
    const may = Date.UTC(2025, 4, 3);
    // Live, then deleted three times over with other contents, all in one month.
    await edited([may, may + 1, may + 2, may + 3], (n) => (n > 1 ? { deletedAt: THEN + n } : {}));
    await retention.run();
    expect(await kept()).toEqual([2, 4]);
    const [row] = await sql(
      'select content from record_versions where user_id = $1 and version = 2',
      owner.userId,
    );
    expect(row).toMatchObject({ content: { totalReps: 100, deletedAt: null } });
  });

  it('shows no more among the versions, and cannot be restored; what stays can', async () => {
    const set = await edited([THEN, THEN + 1, THEN + 2]);
    await retention.run();
    const path = `/api/sync/history/sessions/${set.clientId}`;
    const { versions } = await owner.read(path);
    expect(versions.map(({ version }: { version: number }) => version)).toEqual([3]);
    const restore = (version: number) =>
      new Api(app.url).post(`${path}/${version}/restore`, { token: owner.token });
    expect((await restore(1)).body.code).toBe('history.version_unknown');
    expect((await restore(3)).status).toBe(200);
    expect((await owner.read(`/api/sessions/${set.clientId}`)).totalReps).toBe(101);
  });

  it('is still known again: a request that comes years late changes nothing', async () => {
    const set = await edited([THEN, THEN + 1, THEN + 2]);
    await retention.run();
    const before = [await states(), await sql('select clock from sync_clock')];
    // By the very phone that wrote the head, and would be believed.
    await owner.phone.request('push', { sessions: [set] });
    expect((await owner.read(`/api/sessions/${set.clientId}`)).totalReps).toBe(102);
    expect([await states(), await sql('select clock from sync_clock')]).toEqual(before);
  });

  it('is no more and no less than the rule says, and no device notices, whatever was edited', async () => {
    const random = seeded(20_261_129);
    const phones = [owner.phone, new Phone(app.url, owner.token, randomUUID())];
    const sets = Array.from({ length: 6 }, () => aSet({ updatedAt: THEN }));
    const sent: { phone: Phone; body: object }[] = [];
    for (let n = 0; n < 120; n++) {
      const phone = phones[random(2)];
      const at = THEN + random(1000) * 1000;
      const deletedAt = random(4) === 0 ? at : null;
      const body = { sessions: [{ ...sets[random(6)], totalReps: n, updatedAt: at, deletedAt }] };
      await phone.request('push', body);
      sent.push({ phone, body });
    }
    for (const { serverId, version } of await states())
      await sql(
        'update record_versions set stored_at = $4 where user_id = $1 and server_id = $2 and version = $3',
        owner.userId,
        serverId,
        version,
        NOW - random(600) * DAY_MS - random(1000),
      );
    const fresh = () => new Phone(app.url, owner.token, 'fresh').request('pull', { lastSync: 0 });
    const digest = async () => (await owner.read('/api/sync/digest')).collections;
    const expected = byTheRule(await states());
    const [heads, sums] = [(await fresh()).sessions, await digest()];

    await retention.run();
    const after = await states();
    expect(after.filter((state) => state.kept).map(nameOf)).toEqual(expected);
    expect(expected.length).toBeLessThan(after.length);
    expect([(await fresh()).sessions, await digest()]).toEqual([heads, sums]);
    // Nothing that was ever sent is taken for an edit when it comes again.
    for (const { phone, body } of sent) await phone.request('push', body);
    expect([await digest(), await states()]).toEqual([sums, after]);
    expect(await faultsOf(app, owner.userId)).toEqual([]);
    // And a second run finds nothing.
    expect(await retention.run()).toMatchObject({ removed: { history: 0 } });
  });

  it('is of the quarantine what was refused longer ago than QUARANTINE_DAYS', async () => {
    await owner.phone.request('push', { routines: [{ clientId: 'old' }, { clientId: 'new' }] });
    const at = (clientId: string, days: number) =>
      sql('update rejected_records set received_at = $2 where client_id = $1', clientId, NOW - days * DAY_MS);
    await at('old', 366);
    await at('new', 364);
    expect(await retention.run()).toMatchObject({ removed: { quarantine: 1 } });
    expect(await sql('select client_id from rejected_records')).toEqual([{ client_id: 'new' }]);
  });

  it('is of each device’s cursors what is old, but never the last it was given', async () => {
    await new Phone(app.url, owner.token, 'other').request('push', { sessions: [aSet()] });
    const first = await owner.phone.request('pull', { lastSync: 0 });
    await new Phone(app.url, owner.token, 'other').request('push', { sessions: [aSet()] });
    const second = await owner.phone.request('pull', { lastSync: first.syncTime });
    app.env.historyFullDays = 1;
    clock.advance(Date.now() + 2 * DAY_MS - clock.now());
    const counts = await retention.run();
    expect(counts?.removed.cursors).toBeGreaterThanOrEqual(1);
    expect((await owner.phone.request('pull', { lastSync: second.syncTime })).resync).toBe(false);
    expect((await owner.phone.request('pull', { lastSync: first.syncTime })).resync).toBe(true);
  });

  it('is of sign-ins and refresh tokens what can no longer be used', async () => {
    const started = Date.now();
    clock.advance(started - NOW);
    const { status } = await new Api(app.url).post('/api/auth/login', {
      body: { email: owner.email, password: 'correct horse battery staple' },
    });
    expect(status).toBe(200);
    expect(await retention.run()).toMatchObject({ removed: { refreshTokens: 0, signIns: 0 } });
    clock.advance(91 * DAY_MS);
    expect(await retention.run()).toMatchObject({ removed: { refreshTokens: 2, signIns: 2 } });
  });

  it('is counted by a dry run, which changes nothing', async () => {
    await edited([THEN, THEN + 1, THEN + 2]);
    const before = await states();
    expect(await retention.run({ dryRun: true })).toMatchObject({ removed: { history: 2 } });
    expect(await states()).toEqual(before);
  });

  it('goes in one process at a time; one that was killed is not waited for long', async () => {
    await sql(`insert into server_jobs values ('retention', $1, $2, null)`, randomUUID(), NOW + 1000);
    expect(await retention.run()).toBeNull();
    clock.advance(1001);
    expect(await retention.run()).toMatchObject({ finished: true });
    expect(await retention.run()).toMatchObject({ finished: true });
  });

  it('stops when it is told to, and goes on with the next run', async () => {
    await edited([THEN, THEN + 1, THEN + 2]);
    const stop = new AbortController();
    stop.abort();
    expect(await retention.run({ signal: stop.signal })).toMatchObject({
      finished: false,
      removed: { history: 0 },
    });
    expect(await retention.run()).toMatchObject({ finished: true, removed: { history: 2 } });
  });

  it('waits in an account that is busy, and goes in the others', async () => {
    await edited([THEN, THEN + 1, THEN + 2]);
    const other = await portalOf(app);
    await other.phone.request('push', { routines: [{ clientId: 'old' }] });
    await sql('update rejected_records set received_at = 0');
    const client = new Client({ connectionString: app.database.url });
    await client.connect();
    await client.query('begin');
    await client.query('select 1 from sync_clock where user_id = $1 for update', [owner.userId]);
    expect(await retention.run()).toMatchObject({ busy: 1, removed: { history: 0, quarantine: 1 } });
    await client.end();
    expect(await retention.run()).toMatchObject({ busy: 0, removed: { history: 2 } });
  });

  it('goes by itself once a day, in the accounts whose day it is, until the server ends', async () => {
    await edited([THEN, THEN + 1, THEN + 2]);
    const schedule = app.app.get(RetentionSchedule);
    await schedule.tick();
    expect(await kept()).toEqual([3]);
    const [job] = await sql('select finished_at::float8 as at from server_jobs');
    expect(job).toEqual({ at: NOW });
    const scrape = await Scrape.of(app.url);
    const name = 'retention';
    expect(scrape.value('phoenix_job_last_success_timestamp_seconds', { name })).toBe(NOW / 1000);
    schedule.onModuleDestroy();
    await schedule.tick();
    app.env.retentionSchedule = false;
  });

  it('goes when an operator says so', async () => {
    await edited([THEN, THEN + 1, THEN + 2]);
    const said: string[] = [];
    const run = {
      say: () => undefined,
      progress: (text: string) => said.push(text),
      interruption: () => new AbortController().signal,
    };
    const opened = { get: app.app.get.bind(app.app), close: () => Promise.resolve() };
    const open = () => Promise.resolve(opened as unknown as INestApplicationContext);
    const dry = await runCli(['retention', 'run', '--dry-run'], open, { run });
    expect(dry.text).toMatch(/^Would go: 2 contents of the history, .* in 1 accounts$/);
    const { exitCode, text } = await runCli(['retention', 'run'], open, { run });
    expect([exitCode, text]).toEqual([0, expect.stringMatching(/^Gone: 2 contents of the history/)]);
    expect(said.join('')).toContain('in 1 accounts');
    expect((await runCli(['retention'], open)).exitCode).toBe(1);
  });

  const nameOf = ({ serverId, version }: State) => `${serverId}/${version}`;

  /** The rule, told in another way than the statement tells it. */
  function byTheRule(all: readonly State[]): string[] {
    const later = (a: State, b: State) => a.at - b.at || a.version - b.version;
    const newest = (list: readonly State[]) => list.toSorted(later).at(-1);
    const month = ({ at }: State) => new Date(at).toISOString().slice(0, 7);
    return all
      .filter((state) => {
        const same = all.filter(({ serverId }) => serverId === state.serverId);
        return (
          state.at >= NOW - FULL_DAYS * DAY_MS ||
          newest(same.filter((one) => month(one) === month(state))) === state ||
          (!state.deleted &&
            newest(same.filter((one) => !one.deleted && one.reason === state.reason)) === state)
        );
      })
      .map(nameOf);
  }
});

/** Always the same numbers, below `limit`. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
