import { openDB, unwrap } from 'idb';
import type { IDBPDatabase } from 'idb';
import { IndexedDbTransaction } from './indexeddb-transaction.js';
import { closedError, storageError } from './storage-error.js';
import { TABLES } from './store.js';
import type { ReadTransaction, Store, WriteTransaction } from './store.js';

/** The version of the object stores. A change of them raises it and adds a step to `upgrade`. */
const VERSION = 1;

/** Other tabs let go when they are asked to; one that does not within this time is frozen. */
const BLOCKED_MS = 10_000;

/** Opens (and makes, if missing) the store of this name for this origin. Several tabs may have it open. */
export async function openIndexedDbStore(name: string): Promise<IndexedDbStore> {
  const store = new IndexedDbStore(name);
  await store.read(async (tx) => tx.count('meta', 'no such key'));
  return store;
}

/** One object store per table; each transaction is one of IndexedDB's over all of them. */
export class IndexedDbStore implements Store {
  #database: Promise<IDBPDatabase> | undefined;
  #closed: Error | undefined;
  /** Whether this object has had the database open: then it must still be there. */
  #known = false;

  constructor(private readonly name: string) {}

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#run('readonly', work);
  }

  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#run('readwrite', work);
  }

  async close(): Promise<void> {
    this.#closed ??= closedError();
    const database = await this.#database?.catch(() => undefined);
    // Waits by itself for the transactions that were begun.
    database?.close();
  }

  async #run<T>(mode: IDBTransactionMode, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const tx = await this.#begin(mode);
    return tx.run(work);
  }

  /** Browsers close connections by themselves (iOS does when an app has been away): then it is opened again. */
  async #begin(mode: IDBTransactionMode): Promise<IndexedDbTransaction> {
    const database = await this.#open();
    try {
      return beginOn(database, mode);
    } catch (error) {
      if (!isConnectionLost(error)) throw failure(error);
      this.#database = undefined;
      return beginOn(await this.#open(), mode);
    }
  }

  #open(): Promise<IDBPDatabase> {
    if (this.#closed) return Promise.reject(this.#closed);
    this.#database ??= this.#connect().then(
      (database) => {
        this.#known = true;
        return database;
      },
      (error: unknown) => {
        this.#database = undefined;
        throw failure(error);
      },
    );
    return this.#database;
  }

  #connect(): Promise<IDBPDatabase> {
    return new Promise((resolve, reject) => {
      let patience: ReturnType<typeof setTimeout> | undefined;
      const opening = openDB(this.name, VERSION, {
        upgrade: (database, oldVersion, _newVersion, transaction) => {
          if (oldVersion === 0 && this.#known) transaction.abort();
          else for (const table of TABLES) database.createObjectStore(table, { keyPath: 'key' });
        },
        blocked: () => {
          patience = setTimeout(() => reject(storageError(BLOCKED)), BLOCKED_MS);
        },
        blocking: (_current, newVersion, event) => this.#letGo(event.target as IDBDatabase, newVersion),
        terminated: () => {
          this.#database = undefined;
        },
      });
      opening.then(resolve, reject).finally(() => clearTimeout(patience));
    });
  }

  /** Another tab wants to change or delete the database, and waits until nobody has it open. */
  #letGo(database: IDBDatabase, newVersion: number | null): void {
    database.close();
    this.#database = undefined;
    this.#closed = storageError(newVersion === null ? DELETED : NEWER);
  }
}

const NEWER = 'A newer version of this app is open in another tab: reload this one.';
const DELETED = 'The data of this app was deleted: reload this page.';
const BLOCKED = 'Another tab of this app keeps the storage from being opened: close it.';

function beginOn(database: IDBPDatabase, mode: IDBTransactionMode): IndexedDbTransaction {
  return new IndexedDbTransaction(unwrap(database).transaction(TABLES, mode, { durability: 'strict' }));
}

/** UnknownError: "Connection to Indexed Database server lost", Safari's own. */
const isConnectionLost = (error: unknown): boolean =>
  error instanceof DOMException && ['InvalidStateError', 'UnknownError'].includes(error.name);

function failure(error: unknown): Error {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'VersionError') return storageError(NEWER, error);
  if (name === 'AbortError') return storageError(DELETED, error);
  return storageError('The storage of this browser could not be opened.', error);
}
