import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { isBusy } from '../common/database-fault.js';
import { DOORS, REFRESH_STATISTICS } from './doors.js';
import type { Statement } from './sql.js';

/**
 * The second wall between accounts, behind the conditions of our own statements: row-level security. The role the server
 * works with sees a row that belongs to an account only in a transaction that has declared this account, whatever the
 * statement says. The role that owns the tables, which migrates and serves the operator's commands, stands above it. See
 * docs/decisions/0006-the-second-wall.md.
 */
const DECLARED_USERS = 'phoenix.users';

/**
 * Begins each transaction on behalf of accounts; holds to its end, so a connection that goes on to others carries nothing
 * over. Nobody needs no declaration.
 */
export function declarationOf(userIds: string | readonly string[]): Statement[] {
  const list = typeof userIds === 'string' ? userIds : userIds.join(',');
  if (list === '') return [];
  const text = `select set_config('${DECLARED_USERS}', $1, true)`;
  return [{ name: 'declare-users', text, rowMode: 'array', values: [`{${list}}`] }];
}

/**
 * Read once per statement. `is true` keeps the planner from looking rows up by the declared accounts: every statement of
 * ours names its owner, and by that the rows are found.
 */
const belongsToDeclared = (column: string) =>
  `(${column} = any ((select nullif(current_setting('${DECLARED_USERS}', true), '')::uuid[])::uuid[])) is true`;

/** A policy is never altered but followed by one of another name: to make one locks the table against everybody. */
const POLICY = 'own_rows_1';

/** Tables of accounts that the wall does not stand before yet. By their columns, so that a new one is behind it by being one. */
const UNWALLED = `
  select c.oid::regclass::text as name, quote_ident(a.attname) as owner
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
   where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
     and (a.attname = 'user_id' or (c.relname = 'users' and a.attname = 'id'))
     and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = '${POLICY}')`;

/** The server may do what it does with rows, and nothing to tables; what operators declare it may read. */
const grantsTo = (role: string, schema: string): string[] => [
  `grant usage on schema ${schema} to ${role}`,
  `grant select, insert, update, delete on all tables in schema ${schema} to ${role}`,
  `grant usage on all sequences in schema ${schema} to ${role}`,
  `revoke insert, update, delete on migrations, server_state from ${role}`,
  // A book from which nothing can be taken.
  `revoke update, delete on admin_actions from ${role}`,
  ...[...DOORS, REFRESH_STATISTICS].map(
    ({ name, takes }) => `grant execute on function ${name}(${takes}) to ${role}`,
  ),
];

/** What the wall is made of: where this has not changed, nothing has to be done. */
function markOf(migrations: readonly string[], serverRole: string | undefined): string {
  const parts = [
    POLICY,
    belongsToDeclared('user_id'),
    DOORS,
    REFRESH_STATISTICS,
    grantsTo('', ''),
    migrations,
    serverRole ?? null,
  ];
  return `wall ${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** What a wall is raised for. */
export interface WallOptions {
  migrations: readonly string[];
  /** The role the server works with; undefined where it owns the tables itself, and no wall holds it. */
  serverRole: string | undefined;
}

/** Whether the wall of this version stands. The table of migrations has to be there. */
export async function isWallUp(
  client: ClientBase,
  { migrations, serverRole }: WallOptions,
): Promise<boolean> {
  const { rows } = await client.query<{ mark: string | null }>(
    "select obj_description('migrations'::regclass) as mark",
  );
  return rows[0]?.mark === markOf(migrations, serverRole);
}

/** Builds what is missing, as the owner of the tables, under the lock of the migrations. Doing so again changes nothing. */
export async function raiseWall(client: ClientBase, { migrations, serverRole }: WallOptions): Promise<void> {
  const { rows } = await client.query<{ schema: string }>('select quote_ident(current_schema()) as schema');
  const schema = rows[0]?.schema ?? 'public';
  const { rows: tables } = await client.query<{ name: string; owner: string }>(UNWALLED);
  for (const table of tables) await wallOff(client, table);
  await inTransaction(client, async () => {
    for (const { name, takes, gives, language, body } of [...DOORS, REFRESH_STATISTICS]) {
      await client.query(`create or replace function ${name}(${takes}) returns ${gives}
        language ${language} security definer set search_path = ${schema}, pg_temp as $door$${body}$door$`);
      await client.query(`revoke all on function ${name}(${takes}) from public`);
    }
    if (serverRole !== undefined)
      for (const grant of grantsTo(client.escapeIdentifier(serverRole), schema)) await client.query(grant);
    await client.query(`comment on table migrations is '${markOf(migrations, serverRole)}'`);
  });
}

/** Other processes may serve meanwhile: the lock, against everybody, is not waited for long, so that nobody queues behind. */
const LOCK_PATIENCE = '1s';
const LOCK_PAUSE_MS = 250;
const LOCK_ATTEMPTS = 200;

async function wallOff(client: ClientBase, { name, owner }: { name: string; owner: string }): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await inTransaction(client, async () => {
        await client.query(`set local lock_timeout = '${LOCK_PATIENCE}'`);
        await client.query(`alter table ${name} enable row level security`);
        await client.query(`create policy ${POLICY} on ${name} using (${belongsToDeclared(owner)})`);
      });
    } catch (error) {
      if (!isBusy(error) || attempt === LOCK_ATTEMPTS) throw error;
      await pause(LOCK_PAUSE_MS);
    }
}

async function inTransaction(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
