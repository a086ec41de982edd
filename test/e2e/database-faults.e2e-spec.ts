import { once } from 'node:events';
import { Client } from 'pg';
import { isUnavailable } from '../../src/common/database-fault.js';
import { Database } from '../../src/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';

describe('when the database is in trouble', () => {
  let server: TestApp;
  let admin: Client;
  const account = { email: 'maria@example.org', password: 'correct horse battery staple' };
  const ask = (path: string, body: unknown = account) =>
    fetch(`${server.url}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const readiness = () => fetch(`${server.url}/health/ready`).then((answer) => answer.status);

  beforeAll(async () => {
    server = await startTestApp({ env: { DATABASE_POOL_SIZE: '2' } });
    admin = new Client({ connectionString: server.database.url });
    await admin.connect();
    expect((await ask('signup')).status).toBe(201);
  });
  afterAll(async () => {
    await admin.end();
    await server.close();
  });

  it('answers 503 with Retry-After within its time limits, however many wait', async () => {
    await admin.query('begin; lock table users in access exclusive mode');
    const started = Date.now();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('login')));
    expect(Date.now() - started).toBeLessThan(15_000);
    await admin.query('rollback');

    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      const { code } = (await answer.json()) as { code: string };
      expect(['sync.busy', 'server.unavailable']).toContain(code);
    }
    expect((await ask('login')).status).toBe(200);
  });

  it('goes on with new connections after all were cut', async () => {
    await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    // A connection may be found broken only when it is used: no more often than there are connections.
    const answers = [await ask('login'), await ask('login'), await ask('login')].map(({ status }) => status);
    expect([200, 503]).toEqual(expect.arrayContaining(answers));
    expect(answers.at(-1)).toBe(200);
  });

  it('survives a connection that is cut in the middle of a transaction, between two statements', async () => {
    const cut = server.app.get(Database).transaction({ mode: 'write' }, async (tx) => {
      const [backend] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
      const gone = once(tx.client, 'end');
      await admin.query('select pg_terminate_backend($1)', [backend?.pid]);
      await gone;
      await tx.query({ text: 'select 1' });
    });
    const thrown: unknown = await cut.catch((error: unknown) => error);
    expect(isUnavailable(thrown)).toBe(true);
    expect((await ask('login')).status).toBe(200);
  });

  it.each([
    ['has thrown away its prepared statements', 'deallocate all'],
    [
      'has prepared another statement under a name of ours',
      'deallocate all; prepare "begin-write" as select 1',
    ],
  ])('goes on when a connection %s', async (_, statement) => {
    const used = await Promise.all(
      [1, 2].map(() =>
        server.app
          .get(Database)
          .transaction({ mode: 'write' }, async (tx) => {
            await tx.query({ text: 'select 1' });
            await tx.client.query(statement).catch(() => undefined);
          })
          .catch((error: unknown) => isUnavailable(error)),
      ),
    );
    expect(used.filter((fault) => fault === false)).toEqual([]);
    // A connection may be found spoilt only when it is used: no more often than there are connections.
    const answers = [await ask('login'), await ask('login'), await ask('login')].map(({ status }) => status);
    expect([200, 503]).toEqual(expect.arrayContaining(answers));
    expect(answers.at(-1)).toBe(200);
  });

  it('goes on when a migration changes the type of a column below its prepared statements', async () => {
    const read = { name: 'test-types', text: 'select subscription_status from users' };
    const reads = () => Promise.all([1, 2, 3].map(() => server.app.get(Database).query(read)));
    await reads();
    await admin.query('alter table users alter column subscription_status type varchar(51)');
    const failed = await reads().catch((error: unknown) => error);
    expect(isUnavailable(failed)).toBe(true);
    await reads().catch(() => undefined);
    expect(await reads()).toHaveLength(3);
    await admin.query('alter table users alter column subscription_status type varchar(50)');
  });

  it('is not ready while a migration is missing', async () => {
    const { rows } = await admin.query<{ timestamp: string; name: string }>(
      'delete from migrations where id = (select max(id) from migrations) returning timestamp, name',
    );
    expect(await readiness()).toBe(503);
    await admin.query('insert into migrations (timestamp, name) values ($1, $2)', [
      rows[0]?.timestamp,
      rows[0]?.name,
    ]);
    expect(await readiness()).toBe(200);
  });

  it('is alive but not ready without its database', async () => {
    await admin.query('alter table migrations rename to elsewhere');
    expect(await readiness()).toBe(503);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    await admin.query('alter table elsewhere rename to migrations');
  });
});
