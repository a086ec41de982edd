import type { Owner } from './owner.js';

interface ColumnRow {
  table_name: string;
  column_name: string;
  udt_name: string;
}

/** A value of each type that occurs; a type without one fails the test that needs it. */
const SAMPLES: Readonly<Record<string, string>> = {
  uuid: 'gen_random_uuid()',
  text: "'x'",
  varchar: "'x'",
  bool: 'true',
  int2: '1',
  int4: '1',
  int8: '1',
  float4: '1',
  float8: '1',
  json: "'{}'",
  jsonb: "'{}'",
  bytea: "'\\x00'",
  _int8: "'{1}'",
  _text: "'{x}'",
};

/** Tables that say whose their rows are, as PostgreSQL knows them: independent of what the program believes. */
async function tablesOfUsers(owner: Owner): Promise<string[]> {
  const rows = await owner.query<{ table_name: string }>({
    text: `
      select table_name from information_schema.columns
      where table_schema = 'public' and column_name = 'user_id' order by table_name`,
  });
  return rows.map(({ table_name }) => table_name);
}

/** How many rows each table has of that account, the account itself under `users`. */
export async function countsOf(owner: Owner, userId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = async (table: string, column: string) => {
    const text = `select 1 from "${table}" where "${column}" = $1`;
    counts[table] = (await owner.query({ text, values: [userId] })).length;
  };
  for (const table of await tablesOfUsers(owner)) await count(table, 'user_id');
  await count('users', 'id');
  return counts;
}

/** A row in every table that has a user, whether or not anything in the API would make one. */
export async function fillEveryTable(owner: Owner, userId: string): Promise<void> {
  const columns = await owner.query<ColumnRow>({
    text: `
      select table_name, column_name, udt_name from information_schema.columns
      where table_schema = 'public' and is_nullable = 'NO' and column_default is null`,
  });
  for (const [table, count] of Object.entries(await countsOf(owner, userId))) {
    if (count > 0) continue;
    const own = columns.filter(({ table_name }) => table_name === table);
    const values = own.map(({ column_name, udt_name }) =>
      column_name === 'user_id' ? '$1' : SAMPLES[udt_name],
    );
    const names = own.map(({ column_name }) => `"${column_name}"`);
    const text = `insert into "${table}" (${names.join(', ')}) values (${values.join(', ')})`;
    await owner.query({ text, values: [userId] });
  }
}

export const isEmpty = (counts: Record<string, number>): boolean =>
  Object.values(counts).every((count) => count === 0);
