import type { Json, ReadTransaction } from '../store/store.js';
import type { CollectionName } from './collections.js';
import { referencesOf } from './complete.js';
import { nameKey, recordKey } from './keys.js';
import type { Conflict, LocalRecord, WireRecord } from './record.js';

/** Where a field of a record points. */
export interface ParentReference {
  field: string;
  parents: CollectionName;
  id: string;
}

export function parentsOf({ collection, record }: LocalRecord): ParentReference[] {
  return referencesOf(collection).flatMap(({ field, parents }) => {
    const id = record[field];
    return typeof id === 'string' ? [{ field, parents, id }] : [];
  });
}

/** The records of this device, as one transaction sees them. */
export class RecordView {
  constructor(protected readonly reading: ReadTransaction) {}

  async get(collection: CollectionName, key: string): Promise<LocalRecord | undefined> {
    return toLocal(await this.reading.get('records', recordKey(collection, key)));
  }

  /** By any id the record ever had here: a client id in any letter case, or the server id. */
  async find(collection: CollectionName, id: string): Promise<LocalRecord | undefined> {
    const key = await this.reading.get('names', nameKey(collection, id));
    return typeof key === 'string' ? this.get(collection, key) : undefined;
  }

  /** All of them, deleted ones too. */
  async all(collection: CollectionName): Promise<LocalRecord[]> {
    const entries = await this.reading.list('records', { prefix: `${collection}/` });
    return entries.flatMap(({ value }) => toLocal(value) ?? []);
  }

  /** What a user sees: not deleted, and with all its parents, which are not deleted either. */
  async visible(collection: CollectionName): Promise<LocalRecord[]> {
    const rows = await this.all(collection);
    const seen = await Promise.all(rows.map((row) => this.isVisible(row)));
    return rows.filter((_, index) => seen[index]);
  }

  async isVisible(row: LocalRecord): Promise<boolean> {
    if (row.record.deletedAt) return false;
    const parents = await Promise.all(parentsOf(row).map(({ parents, id }) => this.find(parents, id)));
    for (const parent of parents) if (parent === undefined || !(await this.isVisible(parent))) return false;
    return true;
  }

  /** Set aside, with the portal's reason. */
  async refused(): Promise<LocalRecord[]> {
    const entries = await this.reading.list('refused');
    const rows = await Promise.all(entries.map(({ key }) => this.reading.get('records', key)));
    return rows.flatMap((row) => toLocal(row) ?? []);
  }

  async conflicts(): Promise<Conflict[]> {
    const entries = await this.reading.list('conflicts');
    return entries.map(({ value }) => value as unknown as Conflict);
  }
}

const toLocal = (value: Json | undefined) => value as unknown as LocalRecord | undefined;

/** The names a record is found by. */
export const idsOf = ({ clientId, serverId }: WireRecord): string[] =>
  serverId ? [clientId, serverId] : [clientId];
