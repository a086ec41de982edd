import type { SqliteDriver } from './sqlite-driver.js';
import { hasNoTransaction, isBusy } from './sqlite-driver.js';
import { prepareSchema, SETTINGS } from './sqlite-schema.js';
import { SqliteTransaction } from './sqlite-transaction.js';
import { closedError, storageError } from './storage-error.js';
import type { ReadTransaction, Store, WriteTransaction } from './store.js';
import { TransactionQueue } from './transaction-queue.js';

export type { SqliteDriver, SqliteRow, SqlValue } from './sqlite-driver.js';

export interface SqliteStoreOptions {
  /** How long a write waits for other programs that have the file open. Default: 30 seconds. */
  patienceMs?: number;
}

const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 50;

/** A read takes its view of the data with its first look at it, not with BEGIN. */
const LOOK = 'SELECT 1 FROM meta LIMIT 1';

/**
 * A store in one SQLite file, over any SQLite package: see SqliteDriver. Several programs may have the file open. A
 * connection has one transaction at a time, so those of one store wait for each other.
 */
export class SqliteStore implements Store {
  readonly #queue = new TransactionQueue();
  #closed = false;
  /** A rollback failed: nobody knows what the connection is in the middle of. */
  #broken: Error | undefined;

  private constructor(
    private readonly driver: SqliteDriver,
    private readonly patienceMs: number,
  ) {}

  /** Makes the tables if they are missing. The store closes the driver, also when this fails. */
  static async open(driver: SqliteDriver, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const store = new SqliteStore(driver, options.patienceMs ?? PATIENCE_MS);
    try {
      for (const setting of SETTINGS) await store.#patiently(() => driver.all(setting, []));
      await store.#transaction(['BEGIN IMMEDIATE'], () => prepareSchema(driver));
      return store;
    } catch (error) {
      await driver.close();
      throw storageError('The storage of this device could not be opened.', error);
    }
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run(['BEGIN', LOOK], false, work);
  }

  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#run(['BEGIN IMMEDIATE'], true, work);
  }

  async close(): Promise<void> {
    await this.#queue.alone(async () => {
      if (this.#closed) return;
      this.#closed = true;
      await this.driver.close();
    });
  }

  #run<T>(begin: string[], mayWrite: boolean, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#queue.alone(async () => {
      if (this.#closed) throw closedError();
      if (this.#broken) throw this.#broken;
      return this.#transaction(begin, () => this.#work(new SqliteTransaction(this.driver, mayWrite), work));
    });
  }

  async #work<T>(tx: SqliteTransaction, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    let result: T;
    let failure: Error | undefined;
    try {
      result = await work(tx);
    } finally {
      failure = await tx.end();
    }
    if (failure) throw failure;
    return result;
  }

  async #transaction<T>(begin: string[], work: () => Promise<T>): Promise<T> {
    await this.#patiently(() => this.#begin(begin));
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await this.#rollback();
      throw error;
    }
    try {
      // Without WAL, which some file systems do not have, readers can be in the way once more.
      await this.#patiently(() => this.driver.run('COMMIT', []));
    } catch (error) {
      await this.#rollback();
      throw error;
    }
    return result;
  }

  async #begin([begin, look]: string[]): Promise<void> {
    await this.driver.run(begin as string, []);
    if (look === undefined) return;
    try {
      await this.driver.all(look, []);
    } catch (error) {
      await this.#rollback();
      throw error;
    }
  }

  async #rollback(): Promise<void> {
    try {
      await this.driver.run('ROLLBACK', []);
    } catch (error) {
      if (!hasNoTransaction(error))
        this.#broken = storageError('The storage of this device failed: it must be opened again.', error);
    }
  }

  /** Tries again while another connection is in the way. */
  async #patiently<T>(attempt: () => T | Promise<T>): Promise<T> {
    const until = Date.now() + this.patienceMs;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isBusy(error))
          throw storageError('The storage of this device failed: nothing was saved.', error);
        if (Date.now() >= until) throw storageError('Another program keeps the storage busy.', error);
        await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
      }
    }
  }
}
