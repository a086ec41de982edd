export type SqlValue = string | number;

/**
 * One connection to one SQLite file. The names of most packages differ, not what they do, so each fits in a few lines.
 *
 * expo-sqlite (`const db = await openDatabaseAsync('phoenix.db')`):
 * ```ts
 * const driver: SqliteDriver = {
 *   run: async (sql, params) => void (await db.runAsync(sql, params)),
 *   all: (sql, params) => db.getAllAsync<SqliteRow>(sql, params),
 *   close: () => db.closeAsync(),
 * };
 * ```
 * op-sqlite (`const db = open({ name: 'phoenix.db' })`):
 * ```ts
 * const driver: SqliteDriver = {
 *   run: async (sql, params) => void (await db.execute(sql, params)),
 *   all: async (sql, params) => (await db.execute(sql, params)).rows as SqliteRow[],
 *   close: () => db.close(),
 * };
 * ```
 * better-sqlite3, libsql and node:sqlite (`const db = new Database(path)`, `new DatabaseSync(path)`):
 * ```ts
 * const driver: SqliteDriver = {
 *   run: (sql, params) => void (params.length > 0 ? db.prepare(sql).run(...params) : db.exec(sql)),
 *   all: (sql, params) => db.prepare(sql).all(...params) as SqliteRow[],
 *   close: () => db.close(),
 * };
 * ```
 * (Not `prepare` for BEGIN: libsql 0.5 leaves it in progress when the file is busy, and then no COMMIT succeeds until it
 * is collected; https://github.com/tursodatabase/libsql-js/pull/238.)
 */
export interface SqliteDriver {
  /** Executes one statement that gives no rows. */
  run(sql: string, params: SqlValue[]): void | Promise<void>;
  /** Executes one statement and gives all its rows, each an object by the names of the columns. */
  all(sql: string, params: SqlValue[]): SqliteRow[] | Promise<SqliteRow[]>;
  close(): void | Promise<void>;
}

export type SqliteRow = Record<string, unknown>;

/** Codes and texts by which the packages say that another connection holds the lock. */
const BUSY = /SQLITE_BUSY|database (?:\w+ )?is locked/;

export const isBusy = (error: unknown): boolean => BUSY.test(textOf(error));

/** SQLite has rolled back by itself, as it does when the disk is full or fails. */
export const hasNoTransaction = (error: unknown): boolean =>
  textOf(error).includes('no transaction is active');

function textOf(error: unknown): string {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return `${String(code)} ${String(message)}`;
}
