import { withClient } from '../../bench/lab/postgres.js';
import type { Home } from './cluster.js';

export type Dump = ReadonlyMap<string, readonly string[]>;

/** Every row that belongs to an account, of every table, as text: what is not in here does not exist. */
export function dumpOf({ adminUrl }: Pick<Home, 'adminUrl'>, userId: string): Promise<Dump> {
  return withClient(adminUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string; owner: string }>(
      `select table_name as name, case table_name when 'users' then 'id' else 'user_id' end as owner
         from information_schema.columns
        where table_schema = 'public' and (column_name = 'user_id' or table_name = 'users' and column_name = 'id')
        order by 1`,
    );
    const dump = new Map<string, string[]>();
    for (const { name, owner } of tables) {
      const { rows } = await client.query<{ row: string }>(
        `select t::text as row from "${name}" t where "${owner}" = $1 order by 1`,
        [userId],
      );
      dump.set(
        name,
        rows.map(({ row }) => row),
      );
    }
    return dump;
  });
}

/** Names of the tables in which two dumps differ. */
export const differences = (a: Dump, b: Dump): string[] =>
  [...a.keys()].filter((name) => a.get(name)?.join('\n') !== b.get(name)?.join('\n'));

/** How many rows of each table that has any. */
export const sizesOf = (dump: Dump, isCounted: (table: string) => boolean = () => true): string =>
  [...dump]
    .filter(([name, rows]) => rows.length > 0 && isCounted(name))
    .map(([name, rows]) => `${name} ${rows.length}`)
    .join(', ');
