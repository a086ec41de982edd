import { Client, DatabaseError } from 'pg';
import { DOORS } from '../../src/database/doors.js';
import { migrate, UnsuitableDatabase } from '../../src/database/migrate.js';
import { startTestApp, testEnv, type TestApp } from '../support/app.js';
import { createApp } from '../../src/app.js';
import { curve, Lifter } from '../support/samples.js';

const DENIED = '42501';

/** What only a superuser or an owner may. */
const ESCAPES = [
  'set role phoenix',
  'set session authorization phoenix',
  'set row_security = off; select * from users',
  'alter table users disable row level security',
  'drop policy own_rows_1 on users',
  'alter role current_user bypassrls',
  'truncate users cascade',
  "create function f() returns int language sql security definer as 'select 1'",
  "copy users to program 'cat'",
  "select pg_read_file('PG_VERSION')",
  'update migrations set name = name',
  'update server_state set epoch = epoch + 1',
  'delete from admin_actions',
];

describe('the wall between accounts', () => {
  let app: TestApp;
  let server: Client;
  let maria: Lifter;
  let paul: Lifter;
  let tables: { name: string; owner: string }[];

  beforeAll(async () => {
    app = await startTestApp();
    server = new Client({ connectionString: app.database.serverUrl });
    await server.connect();
    maria = await Lifter.in(app);
    paul = await Lifter.in(app);
    for (const lifter of [maria, paul]) await lifter.upload('set', curve(0, 10));
    tables = await app.owner.query({
      text: `
        select c.relname as name, a.attname as owner
          from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and (a.attname = 'user_id' or (c.relname = 'users' and a.attname = 'id'))`,
    });
  });
  afterAll(async () => {
    await server.end();
    await app.close();
  });

  const declaring = async <T>(ids: string, work: () => Promise<T>): Promise<T> => {
    await server.query('begin');
    try {
      await server.query("select set_config('phoenix.users', $1, true)", [ids]);
      return await work();
    } finally {
      await server.query('rollback');
    }
  };
  const ownersIn = async (table: string, column: string) => {
    const { rows } = await server.query<{ owner: string }>(
      `select distinct ${column}::text as owner from ${table}`,
    );
    return rows.map(({ owner }) => owner);
  };
  const codeOf = async (statement: string) => {
    const fault: unknown = await server.query(statement).then(
      () => undefined,
      (error: unknown) => error,
    );
    return fault instanceof DatabaseError ? fault.code : undefined;
  };

  it('stands before every table of accounts, and there are some', () => {
    expect(tables.length).toBeGreaterThan(15);
    return expect(
      app.owner.query({
        text: `
          select relname from pg_class
           where relnamespace = 'public'::regnamespace and relname = any($1) and not relrowsecurity`,
        values: [tables.map(({ name }) => name)],
      }),
    ).resolves.toEqual([]);
  });

  it('shows the server’s role no row that it has not declared', async () => {
    for (const { name, owner } of tables) expect([name, await ownersIn(name, owner)]).toEqual([name, []]);
    for (const nothing of ['', '{}'])
      expect(await declaring(nothing, () => ownersIn('users', 'id'))).toEqual([]);
  });

  it('shows it the rows of the declared account only, for that transaction only', async () => {
    const { userId } = maria.account;
    let seen = 0;
    for (const { name, owner } of tables) {
      const owners = await declaring(`{${userId}}`, () => ownersIn(name, owner));
      expect(owners.filter((each) => each !== userId)).toEqual([]);
      seen += owners.length;
    }
    expect(seen).toBeGreaterThan(3);
    expect(await ownersIn('users', 'id')).toEqual([]);
    const both = await declaring(`{${userId},${paul.account.userId}}`, () => ownersIn('users', 'id'));
    expect(both.toSorted()).toEqual([userId, paul.account.userId].toSorted());
  });

  it('lets it change nothing of another account', async () => {
    const { userId } = maria.account;
    const other = paul.account.userId;
    await declaring(`{${userId}}`, async () => {
      const changed = await server.query('update users set display_name = $1 where id = $2', ['x', other]);
      expect(changed.rowCount).toBe(0);
      expect((await server.query('delete from sync_clock where user_id = $1', [other])).rowCount).toBe(0);
    });
    const taking = declaring(`{${userId}}`, () =>
      server.query('update sync_clock set user_id = $1 where user_id = $2', [other, userId]),
    );
    await expect(taking).rejects.toMatchObject({ code: DENIED });
  });

  it.each(ESCAPES)('cannot be passed by: %s', async (statement) => {
    expect(await codeOf(statement)).toBe(DENIED);
  });

  it('has doors that give ids of accounts and nothing else', async () => {
    expect(DOORS.every(({ gives }) => /^(setof )?uuid$/.test(gives))).toBe(true);
    const { rows } = await server.query('select account_by_email($1) as id', [maria.account.email]);
    expect(rows).toEqual([{ id: maria.account.userId }]);
  });

  it('is raised once: another start finds it as it is', async () => {
    const mark = () =>
      app.owner.query<{ xmin: string }>({
        text: `select xmin::text from pg_description where objoid = 'migrations'::regclass`,
      });
    const before = await mark();
    expect(before).toHaveLength(1);
    await migrate(app.database.url, new URL(app.database.serverUrl).username);
    expect(await mark()).toEqual(before);
  });

  it('is not believed in where the server’s role stands above it', async () => {
    const env = testEnv({ url: app.database.url, serverUrl: `${app.database.url}?application_name=x` });
    await expect(createApp(env)).rejects.toThrow(/may do what it likes with the tables/);
  });

  it('says in a sentence what is wrong with the roles, not in a stack', async () => {
    // Not a wrong password: a server that trusts everybody would not mind.
    const wrong = Object.assign(new URL(app.database.serverUrl), { username: 'nobody_of_this_name' }).href;
    for (const serverUrl of [
      wrong,
      Object.assign(new URL(app.database.serverUrl), { pathname: '/none' }).href,
    ])
      await expect(createApp(testEnv({ url: app.database.url, serverUrl }))).rejects.toThrow(
        UnsuitableDatabase,
      );
    // The server's role alone: it may not make or own tables.
    const { serverUrl } = app.database;
    await expect(createApp(testEnv({ url: '', serverUrl }))).rejects.toThrow(
      /DATABASE_OWNER_URL is of the role/,
    );
  });
});
