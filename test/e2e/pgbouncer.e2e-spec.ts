import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Database } from '../../src/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { EventReader } from '../support/events.js';
import { type Pgbouncer, startPgbouncer } from '../support/pgbouncer.js';
import { type Account, Phone, premiumAccount } from '../support/phone.js';

const T = 1_765_000_000_000;
const WRITERS = 8;
const PUSHES = 8;
const CONNECTIONS = 3;

const routine = () => ({ clientId: randomUUID(), name: 'Legs', createdAt: T, updatedAt: T });

/**
 * A real pgbouncer in transaction mode, with fewer connections to PostgreSQL than the servers have to it: each goes from hand
 * to hand, and whatever a statement leaves behind or expects to find would show.
 */
describe('two servers behind a pooler in transaction mode', () => {
  let database: TestDatabase;
  let pooler: Pgbouncer;
  let first: TestApp;
  let second: TestApp;
  let account: Account;

  beforeAll(async () => {
    database = await cloneDatabase();
    pooler = await startPgbouncer(database.serverUrl, CONNECTIONS);
    const env = { DATABASE_URL: pooler.url, DATABASE_POOLER: 'transaction' };
    first = await startTestApp({ database, env });
    second = await startTestApp({ database, env: { ...env, DATABASE_LISTEN_URL: pooler.url } });
  }, 600_000);
  beforeEach(async () => {
    account = await premiumAccount(first);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
    await pooler.stop();
    await database.drop();
  });

  const phone = (n: number, name: string = randomUUID()) =>
    new Phone((n % 2 === 0 ? first : second).url, account.token, name);

  it('lose and repeat nothing when many push at once', async () => {
    const written = new Set<string>();
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, n) => {
        for (let i = 0; i < PUSHES; i++) {
          const record = routine();
          const { idMappings } = await phone(n, `writer ${n}`).request('push', { routines: [record] });
          written.add(idMappings['routines']?.[record.clientId] ?? 'none');
        }
      }),
    );
    const { routines: pulled = [] } = await phone(1).request('pull', { lastSync: 0 });
    expect(written.size).toBe(WRITERS * PUSHES);
    expect(new Set(pulled.map(({ serverId }) => serverId))).toEqual(written);
    expect(pulled).toHaveLength(WRITERS * PUSHES);
  });

  it('stream what is larger than a page', async () => {
    const records = Array.from({ length: 2_000 }, routine);
    await phone(0).request('push', { routines: records });
    const { routines: pulled = [] } = await phone(1).request('pull', { lastSync: 0 });
    expect(new Set(pulled.map(({ clientId }) => clientId))).toEqual(
      new Set(records.map(({ clientId }) => clientId)),
    );
  });

  it('keep their limits on every statement, and leave none of them behind', async () => {
    const shown = `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('jit') as jit,
      current_setting('enable_seqscan') as seqscan`;
    const held = { statement: '25s', lock: '3s', idle: '1min', jit: 'off', seqscan: 'off' };
    const sql = first.app.get(Database);
    expect(await sql.query({ text: shown })).toEqual([held]);
    expect(await sql.of(account.userId).query({ text: shown })).toEqual([held]);
    expect(
      await sql.of(account.userId).transaction({ mode: 'snapshot' }, (tx) => tx.query({ text: shown })),
    ).toEqual([held]);
    const direct = new Client({ connectionString: database.serverUrl });
    const pooled = new Client({ connectionString: pooler.url });
    await Promise.all([direct.connect(), pooled.connect()]);
    const [{ rows: own }, { rows: left }] = await Promise.all([direct.query(shown), pooled.query(shown)]);
    await Promise.all([direct.end(), pooled.end()]);
    expect(left).toEqual(own);
    expect(left).not.toEqual([held]);
  });

  it('prepare nothing that another would stumble over', async () => {
    await phone(0).request('push', { routines: [routine()] });
    await phone(1).request('pull', { lastSync: 0 });
    // At once, so that each meets another of the connections to PostgreSQL.
    const prepared = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const pooled = new Client({ connectionString: pooler.url });
        await pooled.connect();
        const { rows } = await pooled.query('select name from pg_prepared_statements, pg_sleep(0.1)');
        await pooled.end();
        return rows;
      }),
    );
    expect(prepared.flat()).toEqual([]);
  });

  // The first has no way past the pooler, the second has been given one that is none: LISTEN seems to work there.
  it.each([0, 1])('tell devices of changes all the same, though LISTEN does not work (%s)', async (n) => {
    const here = n === 0 ? first : second;
    const { syncTime } = await phone(n, 'reader').request('pull', { lastSync: 0 });
    const query = { deviceId: 'reader', lastSync: String(syncTime) };
    const reader = await EventReader.open(here.url, account.token, { query });
    for (let count = 1; count <= 3; count++) {
      await phone(n + 1).request('push', { routines: [routine()] });
      const clock = (await phone(n).request('pull', { lastSync: 0 })).syncTime;
      await reader.until(({ changes }) => changes.includes(clock));
    }
    reader.close();
  });
});
