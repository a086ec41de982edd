import type { Json } from '../store/store.js';
import type { CollectionName } from './collections.js';

/** A record as it goes over the wire: its ids, times and fields, and keys this version does not know. */
export interface WireRecord {
  [field: string]: Json | undefined;
  clientId: string;
  serverId?: string | null;
  /** Edit time by the clock of the phone that edited it, epoch ms. */
  updatedAt: number;
  createdAt?: number;
  /** Set: deleted. The record keeps its content. */
  deletedAt?: number | null;
}

/** Why the portal would not take a record. */
export interface Refusal {
  /** The portal's stable code, or a client's own. */
  code: string;
  field: string | null;
  /** One sentence for people. */
  message: string;
}

/** A record on this device. */
export interface LocalRecord {
  collection: CollectionName;
  /** Names it on this device for life, whatever ids it is given later. */
  key: string;
  record: WireRecord;
  /**
   * Number of the last edit that the portal has not acknowledged. A mark of its own: no comparison of times tells what
   * was sent, since the clocks of phones are wrong.
   */
  dirty?: number;
  /** Its key in the outbox, while dirty. */
  place?: string;
  /** Number of the first such edit: if it never was on the wire, nothing of it can have arrived. */
  dirtySince?: number;
  /** To be sent again although nobody edited it here: the portal was restored from a backup, or is another one. */
  isResent?: true;
  /** The last state the portal is known to have, kept while the local one differs. */
  base?: WireRecord;
  /** Set aside: not sent until it is edited. */
  refusal?: Refusal;
}

/** Two edits that did not know of each other, of which one is shown now. Nothing is lost: the portal has both. */
export interface Conflict {
  id: string;
  collection: CollectionName;
  clientId: string;
  mine: WireRecord;
  theirs: WireRecord;
  /** Whose edit this device shows now. */
  kept: 'mine' | 'theirs';
  /** When it was noticed, epoch ms. */
  at: number;
}

/** What the edit is dated for conflicts: the later of its two times. */
export const editTime = ({ updatedAt, deletedAt }: WireRecord) => Math.max(updatedAt, deletedAt ?? updatedAt);

/** A phone's local row number, which means nothing on another phone. */
export const isRowNumber = (id: string) => /^\d+$/.test(id);
