import { Client } from 'pg';
import type { Checks } from '../promise.js';
import type { Home } from './cluster.js';
import { withClient } from '../../bench/lab/postgres.js';

interface Owned {
  table: string;
  /** The column that says whose row it is. */
  owner: string;
}

/** Every table that holds something of accounts, as the catalogue has it, with rows of this account or not. */
const TABLES = `
  select table_name as "table", case table_name when 'users' then 'id' else 'user_id' end as owner
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
   where table_schema = 'public' and table_type = 'BASE TABLE'
     and (column_name = 'user_id' or table_name = 'users' and column_name = 'id')
   order by 1`;

/** What a statement of the server's role gave: how many rows, or that it was refused. */
type Seen = number | 'refused';

class Prisoner {
  constructor(private readonly client: Client) {}

  /** In a transaction that is taken back; the last statement counts. */
  async sees(declared: string | null, statements: readonly string[]): Promise<Seen> {
    await this.client.query('begin');
    try {
      if (declared !== null)
        await this.client.query(`select set_config('phoenix.users', $1, true)`, [`{${declared}}`]);
      let rows: number = 0;
      for (const statement of statements) {
        const { rowCount, rows: found } = await this.client.query<{ n?: string }>(statement);
        rows = found[0]?.n === undefined ? (rowCount ?? 0) : Number(found[0].n);
      }
      return rows;
    } catch {
      return 'refused';
    } finally {
      await this.client.query('rollback');
    }
  }
}

/** Ways to a foreign row; `mine` is the declared account, `theirs` another one. */
const ways = ({ table, owner }: Owned, theirs: string): [string, string[]][] => {
  const foreign = `${owner} = '${theirs}'`;
  const count = `select count(*) as n from ${table} where ${foreign}`;
  const copy = `create temp table loot (line text); insert into loot select t::text from ${table} t where ${foreign}`;
  return [
    ['select', [count]],
    ['select with or true', [`select count(*) as n from ${table} where (${foreign} or true) and ${foreign}`]],
    ['a join', [`select count(*) as n from users u join ${table} t on t.${owner} = u.id where t.${foreign}`]],
    [
      'a leaky function',
      [
        `create function pg_temp.leak(t text) returns boolean language plpgsql cost 0.0001 as
      $$ begin raise notice '%', t; return true; end $$`,
        `select count(*) as n from ${table} t where pg_temp.leak(t::text) and ${foreign}`,
      ],
    ],
    [
      'a view',
      [`create temp view peep as select * from ${table}`, `select count(*) as n from peep where ${foreign}`],
    ],
    [
      'a function that runs as its maker',
      [
        `create function pg_temp.peep() returns bigint language sql security definer as $$ ${count} $$`,
        'select pg_temp.peep() as n',
      ],
    ],
    ['a copy', [...copy.split('; '), 'select count(*) as n from loot']],
    ['an update', [`update ${table} set ${owner} = ${owner} where ${foreign}`]],
    ['a delete', [`delete from ${table} where ${foreign}`]],
    ['for update', [`select 1 from ${table} where ${foreign} for update`]],
    ['row_security off', ['set local row_security = off', count]],
    ['the role of the owner', ['set local role phoenix', count]],
    ['the role of the administrator', ['set local role postgres', count]],
    ['statistics', [`select count(*) as n from pg_stats where tablename = '${table}'`]],
    ['replacing the policy', [`create policy mine on ${table} using (true)`, count]],
    ['disabling the wall', [`alter table ${table} disable row level security`, count]],
    ['truncate', [`truncate ${table}`, 'select 1']],
  ];
};

export interface WallFound {
  tables: number;
  ways: number;
}

/** As the server's role, whatever SQL: nothing undeclared, nothing foreign when declared, and one's own when declared. */
export async function tryTheWall(
  home: Home,
  mine: string,
  theirs: string,
  checks: Checks,
): Promise<WallFound> {
  const { rows: tables } = await withClient(home.adminUrl, (client) => client.query<Owned>(TABLES));
  // Statistics exist, so that they could be read.
  await withClient(home.adminUrl, (client) => client.query('analyze'));
  const rowsOf = (id: string, { table, owner }: Owned) =>
    withClient(home.adminUrl, async (client) => {
      const { rows } = await client.query<{ n: string }>(
        `select count(*) as n from ${table} where ${owner} = $1`,
        [id],
      );
      return Number(rows[0].n);
    });
  let tried = 0;
  await withClient(home.url, async (client) => {
    const prisoner = new Prisoner(client);
    for (const owned of tables) {
      const all = await prisoner.sees(null, [`select count(*) as n from ${owned.table}`]);
      checks.check(all === 0, `${owned.table} shows ${all} rows undeclared`);
      const others = await prisoner.sees(mine, [
        `select count(*) as n from ${owned.table} where ${owned.owner} <> '${mine}'`,
      ]);
      checks.check(others === 0, `${owned.table} shows ${others} foreign rows`);
      const own = await prisoner.sees(mine, [`select count(*) as n from ${owned.table}`]);
      checks.check(own === (await rowsOf(mine, owned)), `${owned.table} shows ${own} of one’s own rows`);
      for (const declared of [null, mine])
        for (const [way, statements] of ways(owned, theirs)) {
          const seen = await prisoner.sees(declared, statements);
          tried++;
          checks.check(seen === 0 || seen === 'refused', `${way} to ${owned.table}: ${seen} rows`);
        }
    }
  });
  return { tables: tables.length, ways: tried };
}
