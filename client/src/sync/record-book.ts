import type { Json, WriteTransaction } from '../store/store.js';
import type { CollectionName } from './collections.js';
import { factsOf } from './complete.js';
import { type DeviceState, getState, widened, writeState } from './device-state.js';
import { heldPrefix, idKey, nameKey, outboxKey, padded, recordKey } from './keys.js';
import type { Conflict, LocalRecord, Refusal, WireRecord } from './record.js';
import { idsOf, parentsOf, RecordView } from './record-view.js';
import { queueAllSamples } from './sample-queue.js';

/** The key of a collection's only record. Phones give it the id of their own row, which is 1. */
export const SINGLETON_KEY = '1';

/** A record that an application should look at again. */
export interface ChangedRecord {
  collection: CollectionName;
  clientId: string;
}

/**
 * The one writer of records, marks and the device's state, inside one transaction. Invariants: a record is in the outbox
 * exactly if it is dirty; one that is refused is dirty only while its base is sent again; every id it ever had leads to it.
 */
export class RecordBook extends RecordView {
  readonly changed: ChangedRecord[] = [];

  private constructor(
    private readonly tx: WriteTransaction,
    /** Written when the transaction ends. */
    public state: DeviceState,
  ) {
    super(tx);
  }

  /** Runs `work` and saves the state with what it wrote. */
  static async write<T>(tx: WriteTransaction, work: (book: RecordBook) => Promise<T>): Promise<T> {
    const book = new RecordBook(tx, widened(await getState(tx)));
    const result = await work(book);
    await writeState(tx, book.state);
    return result;
  }

  nextNumber(): number {
    this.state = { ...this.state, sequence: this.state.sequence + 1 };
    return this.state.sequence;
  }

  /** A record that was not here before, clean. */
  async insert(collection: CollectionName, record: WireRecord): Promise<LocalRecord> {
    const key = await this.newKey(collection, record);
    const row: LocalRecord = { collection, key, record };
    await this.save(row);
    await this.announce(row);
    return row;
  }

  private async newKey(collection: CollectionName, { clientId, serverId }: WireRecord): Promise<string> {
    if (factsOf(collection).singleton) return SINGLETON_KEY;
    // Where another record has this row number, the app was reinstalled, or the number is another phone's.
    const isTaken = (await this.find(collection, clientId)) !== undefined;
    return idKey(isTaken && serverId ? serverId : clientId);
  }

  /** Content and ids of a record, its marks as they are. */
  async save(row: LocalRecord): Promise<void> {
    const { collection, key } = row;
    await this.tx.put('records', recordKey(collection, key), toJson(row));
    for (const id of idsOf(row.record)) {
      const name = nameKey(collection, id);
      if (row.record.serverId === id || (await this.tx.get('names', name)) === undefined)
        await this.tx.put('names', name, key);
    }
  }

  /** The local edit has to be sent. */
  async markDirty(row: LocalRecord, { isResent = false } = {}): Promise<LocalRecord> {
    const { refusal: _, ...rest } = await this.unmark(row);
    return this.enqueue(rest, isResent);
  }

  /** What the portal is known to have had is sent there again; the refused edit of it stays aside. */
  async resendBase(row: LocalRecord): Promise<LocalRecord> {
    await this.leaveOutbox(row);
    return this.enqueue(row, true);
  }

  private async enqueue(row: LocalRecord, isResent: boolean): Promise<LocalRecord> {
    const { isResent: _, ...rest } = row;
    const dirty = this.nextNumber();
    const place = outboxKey(row.collection, dirty);
    const marks = { dirty, place, dirtySince: row.dirtySince ?? dirty };
    const marked = { ...rest, ...marks, ...(isResent ? { isResent } : {}) };
    await this.tx.put('outbox', place, recordKey(row.collection, row.key));
    await this.save(marked);
    return marked;
  }

  /** The portal has it: `record` is what both sides hold now. */
  async markClean(row: LocalRecord, record: WireRecord): Promise<LocalRecord> {
    const {
      dirty: _d,
      place: _p,
      dirtySince: _s,
      isResent: _r,
      refusal: _f,
      base: _b,
      ...rest
    } = await this.unmark(row);
    const clean: LocalRecord = { ...rest, record };
    await this.save(clean);
    return clean;
  }

  /** The portal will not have it: it stays as it is here, and is not sent again until it is edited. */
  async setAside(row: LocalRecord, refusal: Refusal): Promise<void> {
    const { dirty, place: _, dirtySince, isResent: __, ...rest } = await this.unmark(row);
    await this.tx.put('refused', recordKey(row.collection, row.key), true);
    // Of earlier edits nobody knows whether they arrived; of this one everybody does.
    const since = dirtySince === dirty ? {} : { dirtySince };
    await this.save({ ...rest, ...since, refusal });
  }

  /** What was sent again is there; the refused edit of it stays aside. */
  async noteResent(row: LocalRecord, base: WireRecord): Promise<void> {
    await this.leaveOutbox(row);
    const { dirty: _d, place: _p, dirtySince: _s, isResent: _r, ...rest } = row;
    await this.save({ ...rest, base });
  }

  private async leaveOutbox({ place }: LocalRecord): Promise<void> {
    if (place !== undefined) await this.tx.delete('outbox', place);
  }

  private async unmark(row: LocalRecord): Promise<LocalRecord> {
    await this.leaveOutbox(row);
    if (row.refusal !== undefined) await this.tx.delete('refused', recordKey(row.collection, row.key));
    return row;
  }

  /** Two local records turn out to be one: the ids of `row` lead to `to` from now on. */
  async becomeAlias(row: LocalRecord, to: LocalRecord): Promise<void> {
    await this.unmark(row);
    await this.tx.delete('records', recordKey(row.collection, row.key));
    for (const id of idsOf(row.record)) await this.tx.put('names', nameKey(row.collection, id), to.key);
    this.changed.push({ collection: row.collection, clientId: row.record.clientId });
  }

  /** The record as if it had never been here. Only for an edit that the user gives up before it was ever accepted. */
  async forget(row: LocalRecord): Promise<void> {
    await this.unmark(row);
    await this.tx.delete('records', recordKey(row.collection, row.key));
    for (const id of idsOf(row.record)) await this.tx.delete('names', nameKey(row.collection, id));
    this.changed.push({ collection: row.collection, clientId: row.record.clientId });
  }

  /**
   * Another portal account will give every record an id of its own: until then client ids are all that is sent. Here the
   * old ones still lead to their records.
   */
  async forgetServerIds(collections: readonly CollectionName[]): Promise<void> {
    for (const collection of collections)
      for (const row of await this.all(collection)) {
        const record = await this.withoutServerIds(row, row.record);
        await this.save({
          ...row,
          record,
          ...(row.base && { base: await this.withoutServerIds(row, row.base) }),
        });
      }
  }

  private async withoutServerIds(row: LocalRecord, known: WireRecord): Promise<WireRecord> {
    const { serverId: _, ...rest } = known;
    const record: WireRecord = rest;
    for (const { field, parents, id } of parentsOf({ ...row, record }))
      record[field] = (await this.find(parents, id))?.record.clientId ?? id;
    return record;
  }

  queueAllSamples(): Promise<void> {
    return queueAllSamples(this.tx);
  }

  async noteConflict(conflict: Omit<Conflict, 'id'>): Promise<void> {
    const id = padded(this.nextNumber());
    await this.tx.put('conflicts', id, toJson({ ...conflict, id }));
  }

  /** Tells the application, once all parents are here; children that wait for this record are told of with it. */
  async announce(row: LocalRecord): Promise<void> {
    const { collection, key, record } = row;
    const missing: string[] = [];
    for (const { parents, id } of parentsOf(row))
      if ((await this.find(parents, id)) === undefined) missing.push(heldPrefix(parents, id));
    for (const prefix of missing) await this.tx.put('held', prefix + recordKey(collection, key), true);
    if (missing.length > 0) return;
    this.changed.push({ collection, clientId: record.clientId });
    for (const id of idsOf(record)) await this.release(heldPrefix(collection, id));
  }

  private async release(prefix: string): Promise<void> {
    for (const { key } of await this.tx.list('held', { prefix })) {
      await this.tx.delete('held', key);
      const [collection, child] = key.slice(prefix.length).split('/') as [CollectionName, string];
      const row = await this.get(collection, child);
      if (row) await this.announce(row);
    }
  }
}

const toJson = (value: object) => value as unknown as Json;
