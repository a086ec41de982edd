import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database, Statement } from 'libsql';
import type { SqliteDriver, SqliteRow } from './sqlite-driver.js';
import { SqliteStore } from './sqlite-store.js';
import type { SqliteStoreOptions } from './sqlite-store.js';
import { storageError } from './storage-error.js';

/** The store holds tokens: nobody but its owner reads it. SQLite gives its side files (-wal, -shm) the same mode. */
const OWNER_ONLY = 0o600;

/**
 * A store in a file, for programs on Node. Makes the file and its folder when they are missing. Needs the package
 * `libsql`, which is an optional dependency because a browser or a phone has no use for it.
 */
export async function openSqliteStore(path: string, options?: SqliteStoreOptions): Promise<SqliteStore> {
  const Libsql = await importLibsql();
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', OWNER_ONLY));
    chmodSync(path, OWNER_ONLY);
    return await SqliteStore.open(libsqlDriver(new Libsql(path)), options);
  } catch (error) {
    throw storageError(`The storage file ${path} could not be opened.`, error);
  }
}

async function importLibsql(): Promise<new (path: string) => Database> {
  try {
    return (await import('libsql')).default;
  } catch (error) {
    throw storageError('The package "libsql" is missing or does not run here: npm install libsql', error);
  }
}

/**
 * Statements are prepared once: there are some fifty in all, and preparing takes longer than running most of them. Those
 * without parameters are not prepared: a BEGIN that found the file busy would stay in progress, and no COMMIT succeed.
 * https://github.com/tursodatabase/libsql-js/pull/238
 */
function libsqlDriver(database: Database): SqliteDriver {
  const prepared = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const statement = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  return {
    run: (sql, params) => void (params.length > 0 ? prepare(sql).run(params) : database.exec(sql)),
    all: (sql, params) => prepare(sql).all(params) as SqliteRow[],
    close: () => void database.close(),
  };
}
