import type { Client } from 'pg';

/** What the rows of other users are put into, and how many of ten. */
const TABLES = { workout_sessions: 4, personal_records: 3, phase_statistics: 3 } as const;
const ROWS_PER_USER = 1000;
/** A statement of its own for so many, which keeps its memory small. */
const BATCH = 100_000;
const BASE_AT = 1_700_000_000_000;

interface Column {
  name: string;
  type: string;
}

/** Of the row `i` of user `u.id`; by name where the name says what it is, else by type. */
const BY_NAME: Record<string, string> = {
  user_id: 'u.id',
  client_id: 'n.id',
  client_key: 'n.id',
  local_device: 'null',
  device_id: "'device'",
  version: `${BASE_AT} + u.i`,
  deleted_at: 'null',
  extra: 'null',
};

const BY_TYPE: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  bigint: `${BASE_AT} + u.i`,
  integer: '(u.i % 100)::int',
  real: '((u.i % 1000) / 10.0)::real',
  boolean: 'u.i % 2 = 0',
  text: 'gen_random_uuid()::text',
  'character varying': "'Bench Press'",
};

async function insertSql(client: Client, table: string): Promise<string> {
  const { rows } = await client.query<Column>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = current_schema() and table_name = $1 order by ordinal_position`,
    [table],
  );
  const values = rows.map(({ name, type }) => {
    const value = BY_NAME[name] ?? BY_TYPE[type];
    if (value === undefined) throw new Error(`nothing to fill ${table}.${name} with`);
    return value;
  });
  return `insert into ${table} (${rows.map(({ name }) => `"${name}"`).join(', ')})
    select ${values.join(', ')}
    from (select i, md5('filler ' || i / ${ROWS_PER_USER})::uuid as id
          from generate_series($1::bigint, $2::bigint) i) u
    cross join lateral (select md5('${table} ' || u.i)::uuid::text as id) n`;
}

const USERS = `
  insert into users (id, email, display_name, password_hash, subscription_status, created_at, updated_at)
  select id, id || '@example.org', 'Somebody', 'none', 'premium', ${BASE_AT}, ${BASE_AT}
  from (select md5('filler ' || i)::uuid as id from generate_series(0, $1::bigint) i) u`;

const FOR_EACH_USER = [
  `insert into auth_sessions (user_id, id, created_at, last_used_at)
     select id, gen_random_uuid(), ${BASE_AT}, ${BASE_AT} from users`,
  `insert into sync_clock (user_id, clock) select id, ${BASE_AT * 2} from users`,
  `insert into sync_devices (user_id, device_id, platform, created_at, last_sync_at)
     select id, 'device', 'android', ${BASE_AT}, ${BASE_AT} from users`,
  `insert into device_cursors (user_id, device_id, cursor)
     select id, 'device', ${BASE_AT} + i from users, generate_series(1, 20) i`,
];

/** Fills a migrated database that has no user yet with so many records of other users, a thousand each. */
export async function fill(client: Client, rows: number): Promise<void> {
  // Nobody needs the filler after a power cut.
  await client.query('set synchronous_commit = off');
  await client.query(USERS, [Math.ceil(rows / ROWS_PER_USER)]);
  for (const statement of FOR_EACH_USER) await client.query(statement);
  for (const [table, tenths] of Object.entries(TABLES)) {
    const count = Math.round((rows * tenths) / 10);
    const statement = await insertSql(client, table);
    for (let from = 0; from < count; from += BATCH)
      await client.query(statement, [from, Math.min(count, from + BATCH) - 1]);
  }
  await client.query('vacuum analyze');
}
