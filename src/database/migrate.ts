import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';
import { MIGRATIONS } from './migrations.js';
import { isWallUp, raiseWall, type WallOptions } from './wall.js';

/** Any constant will do, as long as every version of this program uses the same. */
const MIGRATION_LOCK = 7_034_110_518;
/** Several processes of one deployment start at once: the others wait for the one that migrates. */
const LOCK_WAIT = '10min';

/** Older ones lack what the statements use. */
const OLDEST_SERVER = 15;

/** The database can be reached but not used; the message says why. */
export class UnsuitableDatabase extends Error {}

/** Wrong password, no entry for us, no such database, not allowed, no such role. */
const REFUSALS = new Set(['28P01', '28000', '3D000', '42501', '42704']);

/** What PostgreSQL says to wrong URLs is for whoever wrote them; all else stays as it is. */
export const explained = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && REFUSALS.has(String(error.code))
    ? new UnsuitableDatabase(
        `PostgreSQL says: ${error.message}. DATABASE_OWNER_URL is of the role that owns the database, DATABASE_URL of the ` +
          'server’s: see docs/operations/database.md.',
        { cause: error },
      )
    : error;

async function assertSuitable(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int / 10000 as version",
  );
  const version = rows[0]?.version ?? 0;
  if (version < OLDEST_SERVER)
    throw new UnsuitableDatabase(
      `PostgreSQL ${OLDEST_SERVER} or newer is needed; DATABASE_URL leads to ${version}.`,
    );
}

/**
 * Whether every migration of this version has been committed and the wall behind it stands: then there is nothing to lock and to wait for. Saves a
 * second data source, 25 ms of every start but the first.
 */
async function isUpToDate(client: Client, wall: WallOptions): Promise<boolean> {
  const { rows } = await client.query<{ made: boolean }>(
    `select to_regclass('migrations') is not null as made`,
  );
  if (!rows[0]?.made) return false;
  const { rows: ran } = await client.query('select 1 from migrations where name = any($1)', [
    MIGRATION_NAMES,
  ]);
  return ran.length === MIGRATION_NAMES.length && (await isWallUp(client, wall));
}

/**
 * Brings the database up to date, one transaction per migration. Safe to call from several processes at once and after a
 * crash in the middle. Needs a connection of its own to the server: not through a pooler in transaction mode.
 * @param url of the role that owns the tables, or will.
 * @param serverRole the role that the server works with, where it is another.
 * @returns the names of the migrations that ran.
 */
export async function migrate(url: string, serverRole?: string): Promise<string[]> {
  const wall = { migrations: MIGRATION_NAMES, serverRole };
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await assertSuitable(client);
    if (await isUpToDate(client, wall)) return [];
    await client.query(`set lock_timeout = '${LOCK_WAIT}'`);
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await runMigrations(url);
    await raiseWall(client, wall);
    return ran;
  } finally {
    // Ends the lock with the session.
    await client.end().catch(() => undefined);
  }
}

const runMigrations = (url: string): Promise<string[]> =>
  withMigrations(url, async (dataSource) => {
    const ran = await dataSource.runMigrations();
    return ran.map(({ name }) => name);
  });

/**
 * Takes the last migration back.
 * @returns its name; nothing where there is none.
 */
export const revertLast = (url: string): Promise<string[]> =>
  withMigrations(url, async (dataSource) => {
    const last = 'select name from migrations order by id desc limit 1';
    const [before] = await dataSource.query<{ name: string }[]>(last);
    if (!before) return [];
    await dataSource.undoLastMigration();
    return [before.name];
  });

async function withMigrations<T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const options = dataSourceOptions({ databasePoolSize: 2 }, url);
  // A migration may well take longer than a request.
  const extra = { ...(options.extra as object), statement_timeout: 0, query_timeout: 0 };
  const dataSource = await new DataSource({ ...options, extra }).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/**
 * That the role the server works with is held by the wall.
 * @throws UnsuitableDatabase
 */
export async function assertHeld(dataSource: DataSource): Promise<void> {
  const [role] = await dataSource.query<{ name: string; is_free: boolean }[]>(`
    select current_user as name, rolsuper or rolbypassrls or pg_has_role(rolname, relowner, 'member') as is_free
      from pg_roles, pg_class where rolname = current_user and pg_class.oid = 'users'::regclass`);
  if (!role || role.is_free)
    throw new UnsuitableDatabase(
      `The role of DATABASE_URL, ${role?.name ?? ''}, may do what it likes with the tables. Give the server one that ` +
        'neither owns them nor is a superuser: see docs/operations/database.md.',
    );
}

/** What must be in the table `migrations` before this version can serve. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map((migration) => migration.name);
