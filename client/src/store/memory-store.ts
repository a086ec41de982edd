import { copyJson } from './json-value.js';
import { checkKey } from './keys.js';
import { MemoryTable } from './memory-table.js';
import { closedError, endedError } from './storage-error.js';
import { TABLES } from './store.js';
import type { Entry, Json, Range, ReadTransaction, Store, Table, WriteTransaction } from './store.js';
import { TransactionQueue } from './transaction-queue.js';

/** What a store held at one moment. Later writes do not change it, and it can be opened any number of times. */
export type MemorySnapshot = Readonly<Record<Table, MemoryTable>>;

/** What a transaction has replaced, so that it can be put back. */
interface Replaced {
  table: Table;
  key: string;
  before: Json | undefined;
}

/**
 * A store in memory, for tests and for programs that need nothing to last. It keeps every promise of Store except
 * durability. Reads run beside each other, a write runs alone.
 */
export class MemoryStore implements Store {
  readonly #tables: Record<Table, MemoryTable>;
  /** Tables that a snapshot also uses: they are copied before they are changed. */
  readonly #shared = new Set<Table>();
  readonly #queue = new TransactionQueue();
  #replaced: Replaced[] = [];
  #closed = false;

  constructor() {
    this.#tables = emptyTables();
  }

  /** A store of its own that begins with the content of a snapshot. Costs nothing until it is written to. */
  static from(snapshot: MemorySnapshot): MemoryStore {
    const store = new MemoryStore();
    Object.assign(store.#tables, snapshot);
    for (const table of TABLES) store.#shared.add(table);
    return store;
  }

  /** What the finished writes left, without anything of a write that is under way: what a crash now would leave. */
  snapshot(): MemorySnapshot {
    const tables = { ...this.#tables };
    const changing = new Set(this.#replaced.map((change) => change.table));
    for (const table of TABLES) {
      if (changing.has(table)) tables[table] = tables[table].copy();
      else this.#shared.add(table);
    }
    undo(tables, this.#replaced);
    return tables;
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#queue.share(async () => {
      this.#mustBeOpen();
      const tx = new MemoryRead((table) => this.#tables[table]);
      try {
        return await work(tx);
      } finally {
        tx.end();
      }
    });
  }

  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#queue.alone(async () => {
      this.#mustBeOpen();
      const tx = new MemoryWrite(
        (table) => this.#tables[table],
        (table, key, value) => this.#change(table, key, value),
      );
      try {
        return await work(tx);
      } catch (error) {
        undo(this.#tables, this.#replaced);
        throw error;
      } finally {
        tx.end();
        this.#replaced = [];
      }
    });
  }

  async close(): Promise<void> {
    await this.#queue.alone(async () => {
      this.#closed = true;
    });
  }

  #change(table: Table, key: string, value: Json | undefined): void {
    if (this.#shared.delete(table)) this.#tables[table] = this.#tables[table].copy();
    this.#replaced.push({ table, key, before: this.#tables[table].set(key, value) });
  }

  #mustBeOpen(): void {
    if (this.#closed) throw closedError();
  }
}

class MemoryRead implements ReadTransaction {
  #ended = false;

  constructor(readonly table: (name: Table) => MemoryTable) {}

  async get(table: Table, key: string): Promise<Json | undefined> {
    this.mustRun();
    const value = this.table(table).get(key);
    return value === undefined ? undefined : copyJson(value);
  }

  async list(table: Table, { prefix, after, limit }: Range = {}): Promise<Entry[]> {
    this.mustRun();
    const content = this.table(table);
    return content
      .keys(prefix, after, limit)
      .map((key) => ({ key, value: copyJson(content.get(key) as Json) }));
  }

  async count(table: Table, prefix?: string): Promise<number> {
    this.mustRun();
    return this.table(table).count(prefix);
  }

  end(): void {
    this.#ended = true;
  }

  protected mustRun(): void {
    if (this.#ended) throw endedError();
  }
}

class MemoryWrite extends MemoryRead implements WriteTransaction {
  constructor(
    table: (name: Table) => MemoryTable,
    readonly change: (table: Table, key: string, value: Json | undefined) => void,
  ) {
    super(table);
  }

  async put(table: Table, key: string, value: Json): Promise<void> {
    this.mustRun();
    checkKey(key);
    this.change(table, key, copyJson(value));
  }

  async delete(table: Table, key: string): Promise<void> {
    this.mustRun();
    this.change(table, key, undefined);
  }
}

const emptyTables = (): Record<Table, MemoryTable> =>
  Object.fromEntries(TABLES.map((name) => [name, new MemoryTable()])) as Record<Table, MemoryTable>;

/** Backwards, so that a key replaced twice gets back what it was at first. */
function undo(tables: Record<Table, MemoryTable>, replaced: readonly Replaced[]): void {
  for (let at = replaced.length - 1; at >= 0; at--) {
    const { table, key, before } = replaced[at] as Replaced;
    tables[table].set(key, before);
  }
}
