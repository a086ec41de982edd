import type { SqliteDriver } from './sqlite-driver.js';
import { storageError } from './storage-error.js';
import { TABLES } from './store.js';

/** The version of the tables below, kept in the file. A change of them raises it and adds a step that converts. */
const VERSION = 1;

/**
 * WAL: readers and the writer do not wait for each other. FULL: a commit is on the disk when it returns; with NORMAL a
 * power cut may take the last ones back. No busy_timeout: it would stop the whole thread while a driver that is not
 * asynchronous waits, also those in this program that are to let go of the lock. SqliteStore waits itself.
 */
export const SETTINGS = [
  'PRAGMA busy_timeout = 0',
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
] as const;

/** Runs in a write transaction, so that of two programs that find a new file one makes the tables. */
export async function prepareSchema(driver: SqliteDriver): Promise<void> {
  const [row] = await driver.all('PRAGMA user_version', []);
  const version = Number(row?.['user_version']);
  if (version > VERSION)
    throw storageError(
      `This file was written by a newer version of the app (its storage version is ${version}, this app knows ${VERSION}).`,
    );
  if (version === VERSION) return;
  for (const table of TABLES)
    await driver.run(
      `CREATE TABLE ${table} (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
      [],
    );
  await driver.run(`PRAGMA user_version = ${VERSION}`, []);
}
