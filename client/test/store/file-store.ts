import { open, readFile, rename } from 'node:fs/promises';
import { TABLES } from '../../src/index.js';
import type { Json, ReadTransaction, Store, Table, WriteTransaction } from '../../src/index.js';
import { decodeJson, encodeJson } from '../../src/store/adapter-kit.js';
import { MemoryStore } from '../../src/store/memory-store.js';

/** A store in one JSON file: for little data and one program. Works in memory and saves everything with every write. */
export class FileStore implements Store {
  private readonly memory = new MemoryStore();

  private constructor(private readonly file: string) {}

  static async open(file: string): Promise<FileStore> {
    const store = new FileStore(file);
    const text = await readFile(file, 'utf8').catch(ifMissing('{}'));
    const saved = decodeJson(text) as Partial<Record<Table, [string, Json][]>>;
    await store.memory.write(async (tx) => {
      for (const table of TABLES)
        for (const [key, value] of saved[table] ?? []) await tx.put(table, key, value);
    });
    return store;
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.memory.read(work);
  }

  /** Saves before the transaction in memory ends: if saving fails, that one is rolled back as well. */
  write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.memory.write(async (tx) => {
      const result = await work(tx);
      await this.save(tx);
      return result;
    });
  }

  close(): Promise<void> {
    return this.memory.close();
  }

  /** All or nothing: the new file is complete on the disk before it takes the name of the old one. */
  private async save(tx: ReadTransaction): Promise<void> {
    const content: Record<string, Json> = {};
    for (const table of TABLES) content[table] = (await tx.list(table)).map(({ key, value }) => [key, value]);
    const file = await open(`${this.file}.new`, 'w', 0o600);
    try {
      await file.writeFile(encodeJson(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.file}.new`, this.file);
  }
}

function ifMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}
