/**
 * What the sync client keeps on a device, as ordered tables of key and value with transactions. Everything the client
 * remembers goes through this interface, so a new kind of storage is one class: MemoryStore, IndexedDbStore and
 * SqliteStore are three of them, docs/storage-adapters.md tells how to write another, and `storeContract()` holds a test
 * for every promise made here.
 */
export const TABLES = [
  'meta',
  'records',
  'names',
  'outbox',
  'refused',
  'conflicts',
  'held',
  'samples',
  'series',
] as const;

export type Table = (typeof TABLES)[number];

/**
 * A value: what JSON can say. Numbers keep their value and their sign (-0 stays -0; sensors send it), text may hold any
 * Unicode without lone surrogates, and properties that are undefined are left out. Anything else (NaN, Date, a class) is
 * refused by `put`.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Entry {
  key: string;
  value: Json;
}

/** Which entries: those whose key begins with `prefix` and comes after `after`, at most `limit` of them. */
export interface Range {
  /** Default: every key. */
  prefix?: string;
  /** Exclusive, and need not exist: the last key of a page leads to the next one. */
  after?: string;
  /** Default: no limit. 0 gives nothing. */
  limit?: number;
}

export interface ReadTransaction {
  /** The value under a key, or undefined. It is the caller's own copy, as every value handed out. */
  get(table: Table, key: string): Promise<Json | undefined>;

  /** The entries of a range in key order (ASCII: digits, capitals, small letters). */
  list(table: Table, range?: Range): Promise<Entry[]>;

  /** How many keys begin with `prefix`; without it, how many there are. */
  count(table: Table, prefix?: string): Promise<number>;
}

export interface WriteTransaction extends ReadTransaction {
  /**
   * Sets the value under a key. The store takes a copy before `put` returns: what the caller changes later is not seen.
   * Rejects for a key that is not printable ASCII (callers percent-encode) or is empty, and for a value that is not Json.
   */
  put(table: Table, key: string, value: Json): Promise<void>;

  /** Removes a key; one that is not there is fine. */
  delete(table: Table, key: string): Promise<void>;
}

/**
 * The rules of `work`, which is called once per transaction:
 * - It awaits nothing but methods of its `tx`. IndexedDB ends a transaction that has nothing to do, and here everybody
 *   else waits: a fetch, a timer or another transaction of the same store inside `work` is a mistake, and a store may
 *   answer it with an error or wait forever.
 * - Several operations may be under way at once (Promise.all); they happen in the order of the calls.
 * - A transaction in which storage itself failed fails as a whole, even if `work` catches the error. (A key or value that
 *   `put` refuses is no such failure.)
 * - `tx` is good only while `work` runs. Used later it rejects with an Error.
 */
export interface Store {
  /**
   * A consistent view: `work` sees either all or nothing of every write, however long it runs. It may wait for a write
   * that is under way, or see the state before it.
   */
  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T>;

  /**
   * All or nothing. Writes happen one at a time across everything that has this store open: other calls, tabs and
   * processes. When it resolves, the changes survive a crash of the program, and a power cut as far as the platform can
   * promise that. If `work` throws or rejects, nothing has happened and the error is thrown on as it is. Reads through
   * `tx` see its own writes.
   */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T>;

  /** Waits for the transactions that were begun, then lets go of files and connections. Later calls reject. */
  close(): Promise<void>;
}
