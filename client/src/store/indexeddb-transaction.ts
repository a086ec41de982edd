import { wrap } from 'idb';
import { copyJson } from './json-value.js';
import { checkKey, endOf } from './keys.js';
import { endedError, storageError } from './storage-error.js';
import type { Entry, Json, Range, Table, WriteTransaction } from './store.js';

/**
 * One transaction of IndexedDB, which commits by itself as soon as it has nothing to do. Were `work` to await something
 * else, its first half would be saved and its second half refused. Therefore: when a request has succeeded, `work` has
 * had its turn, and neither has it ended nor is another request under way, then it waits for something foreign, and
 * everything is rolled back while that is still possible.
 */
export class IndexedDbTransaction implements WriteTransaction {
  #ended = false;
  #requests = 0;
  #failure: Error | undefined;
  /** Gives null, or why the transaction was rolled back; never rejects. */
  readonly #outcome: Promise<unknown>;

  constructor(private readonly transaction: IDBTransaction) {
    this.#outcome = wrap(transaction).done.then(
      () => null,
      (error: unknown) => error ?? new Error('The transaction was aborted.'),
    );
  }

  async run<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work(this);
    } catch (error) {
      this.#ended = true;
      this.#abort();
      await this.#outcome;
      throw error;
    }
    this.#ended = true;
    const aborted = await this.#outcome;
    if (this.#failure) throw this.#failure;
    if (aborted !== null) throw failed(aborted);
    return result;
  }

  async get(table: Table, key: string): Promise<Json | undefined> {
    const entry: Entry | undefined = await this.#request(table, (objects) => objects.get(key));
    return entry?.value;
  }

  async list(table: Table, range: Range = {}): Promise<Entry[]> {
    const keys = keyRange(range);
    // For IndexedDB a limit of 0 is none.
    if (keys === null || range.limit === 0) return [];
    return this.#request<Entry[]>(table, (objects) => objects.getAll(keys, range.limit));
  }

  async count(table: Table, prefix = ''): Promise<number> {
    return this.#request(table, (objects) => objects.count(keyRange({ prefix }) ?? undefined));
  }

  async put(table: Table, key: string, value: Json): Promise<void> {
    checkKey(key);
    const entry: Entry = { key, value: copyJson(value) };
    await this.#request(table, (objects) => objects.put(entry));
  }

  async delete(table: Table, key: string): Promise<void> {
    await this.#request(table, (objects) => objects.delete(key));
  }

  async #request<T>(table: Table, make: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    if (this.#ended) throw endedError();
    const request = this.#begin(table, make);
    try {
      const result = wrap(request);
      // Added after idb's own listener: the microtasks which that one releases, and so `work`, run before this one.
      request.addEventListener('success', () => this.#afterRequest());
      return await result;
    } catch (error) {
      throw this.#failure ?? failed(error);
    }
  }

  #begin<T>(table: Table, make: (objects: IDBObjectStore) => IDBRequest<T>): IDBRequest<T> {
    try {
      const request = make(this.transaction.objectStore(table));
      this.#requests++;
      return request;
    } catch (error) {
      throw isOver(error) ? this.#foreign(error) : failed(error);
    }
  }

  #afterRequest(): void {
    this.#requests--;
    if (this.#requests > 0 || this.#ended) return;
    this.#foreign();
    this.#abort();
  }

  #foreign(cause?: unknown): Error {
    this.#failure ??= storageError('The work of a transaction may await nothing but its methods.', cause);
    return this.#failure;
  }

  #abort(): void {
    try {
      this.transaction.abort();
    } catch (error) {
      // It is over already, by an abort of the browser's own.
      if (!isOver(error)) throw error;
    }
  }
}

/** Null: nothing can be in it. IndexedDB takes an empty range for a mistake. */
function keyRange({ prefix = '', after = '' }: Range): IDBKeyRange | null {
  const follows = after !== '' && after >= prefix;
  const from = follows ? after : prefix;
  const to = endOf(prefix);
  return from < to ? IDBKeyRange.bound(from, to, follows, true) : null;
}

const isOver = (error: unknown): boolean =>
  error instanceof DOMException && ['InvalidStateError', 'TransactionInactiveError'].includes(error.name);

function failed(error: unknown): Error {
  if (error instanceof DOMException && error.name === 'QuotaExceededError')
    return storageError('The storage of this device is full.', error);
  return storageError('The storage of this browser failed: nothing of this change was saved.', error);
}
