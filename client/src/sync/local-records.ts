import { v4 as newId } from 'uuid';
import type { CollectionName } from './collections.js';
import { complete, factsOf, isSameContent } from './complete.js';
import type { LocalStore } from './local-store.js';
import type { Listener } from './observable.js';
import type { Conflict, LocalRecord, WireRecord } from './record.js';
import { type ChangedRecord, type RecordBook, SINGLETON_KEY } from './record-book.js';

/** Fields of a record, all or some of them. */
export type Edit = Partial<WireRecord>;

/** What an application reads and writes. It works on this device alone: no call waits for a network. */
export class LocalRecords {
  constructor(
    private readonly local: LocalStore,
    private readonly now: () => number,
  ) {}

  /**
   * Makes a record, or edits the one with this id. Fields that are left out hold their default, or keep their value. An
   * edit of a deleted record brings it back.
   * @returns the record as it is now
   */
  save(collection: CollectionName, edit: Edit): Promise<WireRecord> {
    return this.local.write((book) => this.saveOne(book, collection, edit));
  }

  /** All of them or none, in one transaction: a hundred at once take hardly longer than one. */
  saveAll(collection: CollectionName, edits: readonly Edit[]): Promise<WireRecord[]> {
    return this.local.write(async (book) => {
      const saved: WireRecord[] = [];
      for (const edit of edits) saved.push(await this.saveOne(book, collection, edit));
      return saved;
    });
  }

  /** Marks a record deleted; its content stays. Nothing happens if there is none, or it is deleted already. */
  async remove(collection: CollectionName, id: string): Promise<void> {
    await this.local.write(async (book) => {
      const row = await book.find(collection, id);
      if (row === undefined || row.record.deletedAt) return;
      const at = this.timeAfter(row.record);
      await this.change(book, row, { ...row.record, deletedAt: at, updatedAt: at });
    });
  }

  /** By client id or server id; undefined if there is none. Deleted records are given too. */
  async get(collection: CollectionName, id: string): Promise<WireRecord | undefined> {
    return (await this.find(collection, id))?.record;
  }

  /** As `get`, with the marks of this device. */
  find(collection: CollectionName, id: string): Promise<LocalRecord | undefined> {
    return this.local.read((view) => view.find(collection, id));
  }

  /** What a user sees: not deleted, not part of something deleted, and not waiting for its parent. */
  async list(collection: CollectionName): Promise<WireRecord[]> {
    const rows = await this.local.read((view) => view.visible(collection));
    return rows.map(({ record }) => record);
  }

  /** Everything, deleted records and children without their parent too. */
  all(collection: CollectionName): Promise<LocalRecord[]> {
    return this.local.read((view) => view.all(collection));
  }

  /** Records that the portal would not take, each with the reason. Editing one sends it again. */
  rejected(): Promise<LocalRecord[]> {
    return this.local.read((view) => view.refused());
  }

  /**
   * Gives up the local edit: the record says again what the portal last was known to have. That is an edit as well, since
   * the one given up may have arrived without its answer. A new record that was refused is gone; any other new one stays.
   */
  async discard(collection: CollectionName, id: string): Promise<void> {
    await this.local.write(async (book) => {
      const row = await book.find(collection, id);
      if (row === undefined || (row.dirty === undefined && row.refusal === undefined)) return;
      const { clientId } = row.record;
      if (row.base)
        await this.change(book, row, { ...row.base, clientId, updatedAt: this.timeAfter(row.record) });
      else if (row.refusal) await book.forget(row);
    });
  }

  /** Edits that met another device's, newest last. */
  conflicts(): Promise<Conflict[]> {
    return this.local.read((view) => view.conflicts());
  }

  /** The user has seen it. */
  async dismissConflict(id: string): Promise<void> {
    await this.local.write((_, tx) => tx.delete('conflicts', id));
  }

  /** Tells of every stored change, made here or received; children only once their parent is here. */
  onChange(listener: Listener<readonly ChangedRecord[]>): () => void {
    return this.local.changes.subscribe(listener);
  }

  private async saveOne(book: RecordBook, collection: CollectionName, edit: Edit): Promise<WireRecord> {
    const singleton = factsOf(collection).singleton;
    const clientId = singleton ? SINGLETON_KEY : (edit.clientId ?? newId());
    const held = await (singleton ? book.get(collection, clientId) : book.find(collection, clientId));
    const row = held ? await this.edit(book, held, edit) : await this.make(book, collection, edit, clientId);
    return row.record;
  }

  private async make(book: RecordBook, collection: CollectionName, edit: Edit, clientId: string) {
    const at = this.now();
    const times = factsOf(collection).singleton ? {} : { createdAt: at };
    const record = complete(collection, { ...times, ...edit, clientId, updatedAt: at });
    return book.markDirty(await book.insert(collection, record));
  }

  private async edit(book: RecordBook, row: LocalRecord, edit: Edit): Promise<LocalRecord> {
    const { fields, singleton } = factsOf(row.collection);
    const merged: WireRecord = { ...row.record, ...(singleton ? {} : { deletedAt: null }) };
    for (const [name, value] of Object.entries(edit)) {
      const field = fields[name];
      const keeps = value === null && field !== undefined && field.default !== null && !field.nullable;
      if (value !== undefined && !keeps) merged[name] = value;
    }
    const { clientId, serverId } = row.record;
    const record = complete(row.collection, { ...merged, clientId, ...(serverId ? { serverId } : {}) });
    if (isSameContent(record, row.record) && !row.refusal) return row;
    return this.change(book, row, { ...record, updatedAt: this.timeAfter(row.record) });
  }

  private async change(book: RecordBook, row: LocalRecord, record: WireRecord): Promise<LocalRecord> {
    // Undone before anything of it was sent: there is nothing to tell, and the time of the edit is the old one again.
    const mayHaveArrived = row.dirtySince !== undefined && row.dirtySince <= book.state.sentUpTo;
    if (row.base && !mayHaveArrived && isSameContent(row.base, record)) {
      const clean = await book.markClean(row, row.base);
      await book.announce(clean);
      return clean;
    }
    // A clean record is one the portal has.
    const isFirst = row.dirty === undefined && row.refusal === undefined;
    const base = isFirst ? { base: row.record } : {};
    const marked = await book.markDirty({ ...row, ...base, record });
    await book.announce(marked);
    return marked;
  }

  /** An edit is later than what it was made on, also when the clock was set back meanwhile. */
  private timeAfter({ updatedAt, deletedAt }: WireRecord): number {
    return Math.max(this.now(), updatedAt + 1, (deletedAt ?? 0) + 1);
  }
}
