import { startTestApp, type TestApp } from '../support/app.js';

/** Tables that belong to no account. A line here is a decision: what has no owner cannot be spread by it. */
const OWNERLESS: Readonly<Record<string, string>> = {
  admin_actions: 'what operators did, which outlives the account it names',
  login_attempts: 'counted by address, whether or not an account has it',
  mail_counts: 'counted by address, whether or not an account has it',
  migrations: 'what the schema is',
  rate_windows: 'counts of accounts and of addresses alike',
  reset_requests: 'by address, for whoever asks: an account may not have it',
  server_jobs: 'work that one process does for all',
  server_state: 'one row, read beside the tables of accounts',
  users: 'the accounts themselves: the owner is its id',
};

interface Key {
  table: string;
  name: string;
  columns: string[];
}

/** What the tables must keep to, so that they can one day be spread over machines by the account they belong to. */
describe('the schema', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const tables = (having: string) =>
    app.owner.query<{ name: string }>({
      text: `select c.relname as name from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and ${having} (
          select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped)
        order by 1`,
    });
  const keys = () =>
    app.owner.query<Key>({
      text: `select c.relname as table, i.indexrelid::regclass::text as name,
          array(select coalesce(a.attname::text, '(expression)')
            from unnest(i.indkey::int[]) with ordinality k(number, place)
            left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number and k.number > 0 order by place) as columns
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and i.indisunique`,
    });

  it('has an owner in every table that is not listed here', async () => {
    expect((await tables('not exists')).map(({ name }) => name)).toEqual(Object.keys(OWNERLESS));
  });

  it('has the owner first in every unique key of its tables, and a primary key in each', async () => {
    const owned = new Set((await tables('exists')).map(({ name }) => name));
    const found = (await keys()).filter(({ table }) => owned.has(table));
    expect(found.filter(({ columns: [first] }) => first !== 'user_id')).toEqual([]);
    expect(new Set(found.map(({ table }) => table))).toEqual(owned);
    expect(owned.size).toBeGreaterThan(15);
  });

  it('refers from one table of an account to another by the owner too', async () => {
    const references = await app.owner.query<{ name: string; first: string }>({
      text: `select k.conname as name, a.attname as first from pg_constraint k
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1] where k.contype = 'f'`,
    });
    expect(references.filter(({ first }) => first !== 'user_id')).toEqual([]);
  });

  it('numbers nothing over all accounts: a sequence would be a place where all meet', async () => {
    const sequences = await app.owner.query({
      text: `select c.relname from pg_class c where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace
        and c.relname <> 'migrations_id_seq'`,
    });
    expect(sequences).toEqual([]);
  });
});
