import { decodeJson, encodeJson } from './json-value.js';
import { checkKey, endOf } from './keys.js';
import type { SqliteDriver, SqlValue, SqliteRow } from './sqlite-driver.js';
import { endedError, storageError } from './storage-error.js';
import type { Entry, Json, Range, Table, WriteTransaction } from './store.js';

/** SQLite's way to say that there is no limit. */
const NO_LIMIT = -1;

/**
 * The statements of one transaction, one after the other. It fails as a whole: after a statement that failed SQLite may
 * have rolled back, and whatever came next would be a transaction of its own.
 */
export class SqliteTransaction implements WriteTransaction {
  #ended = false;
  #failure: Error | undefined;
  /** Settles when the last statement has; never rejects. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly driver: SqliteDriver,
    private readonly mayWrite: boolean,
  ) {}

  async get(table: Table, key: string): Promise<Json | undefined> {
    const [row] = await this.#all(`SELECT value FROM ${table} WHERE key = ?`, [key]);
    return row && decodeJson(row['value'] as string);
  }

  async list(table: Table, { prefix = '', after = '', limit }: Range = {}): Promise<Entry[]> {
    const follows = after !== '' && after >= prefix;
    const rows = await this.#all(
      `SELECT key, value FROM ${table} WHERE key ${follows ? '>' : '>='} ? AND key < ? ORDER BY key LIMIT ?`,
      [follows ? after : prefix, endOf(prefix), limit ?? NO_LIMIT],
    );
    return rows.map((row) => ({ key: row['key'] as string, value: decodeJson(row['value'] as string) }));
  }

  async count(table: Table, prefix = ''): Promise<number> {
    const [row] = await this.#all(`SELECT count(*) AS n FROM ${table} WHERE key >= ? AND key < ?`, [
      prefix,
      endOf(prefix),
    ]);
    return Number(row?.['n']);
  }

  async put(table: Table, key: string, value: Json): Promise<void> {
    checkKey(key);
    await this.#write(
      `INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [key, encodeJson(value)],
    );
  }

  async delete(table: Table, key: string): Promise<void> {
    await this.#write(`DELETE FROM ${table} WHERE key = ?`, [key]);
  }

  /** No more statements; those that nobody awaited are finished. Gives what has failed, also if `work` got over it. */
  async end(): Promise<Error | undefined> {
    this.#ended = true;
    await this.#last;
    return this.#failure;
  }

  async #write(sql: string, params: SqlValue[]): Promise<void> {
    if (!this.mayWrite) throw storageError('This transaction was opened for reading.');
    await this.#next(() => this.driver.run(sql, params));
  }

  #all(sql: string, params: SqlValue[]): Promise<SqliteRow[]> {
    return this.#next(() => this.driver.all(sql, params));
  }

  async #next<T>(statement: () => T | Promise<T>): Promise<T> {
    if (this.#ended) throw endedError();
    const result = this.#last.then(() => this.#execute(statement));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #execute<T>(statement: () => T | Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    try {
      return await statement();
    } catch (error) {
      this.#failure = storageError(
        'The storage of this device failed: a statement could not be executed.',
        error,
      );
      throw this.#failure;
    }
  }
}
