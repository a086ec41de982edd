import type { SyncPushRequest } from '../api/sync-api.js';
import type { ReadTransaction } from '../store/store.js';
import type { CollectionName } from './collections.js';
import { factsOf } from './complete.js';
import { sequenceOf } from './keys.js';
import type { LocalRecord, WireRecord } from './record.js';

/** A record as a push put it on the wire. */
export interface SentRecord {
  collection: CollectionName;
  key: string;
  /** Which edit it was: one made since then is not acknowledged by the answer. */
  dirty: number;
  record: WireRecord;
}

export interface Batch {
  sent: SentRecord[];
  /** Where the next batch begins. */
  last: string;
}

/** Text of the records in one push. A phone's uplink moves it in seconds; the portal takes far more. */
const MAX_BATCH_CHARACTERS = 1_000_000;

/**
 * The next records to send, parents first: at most `limit`, at least one. Every entry of the outbox is offered once per
 * walk, so that a record that neither goes nor fails cannot stop the others.
 */
export async function nextBatch(
  tx: ReadTransaction,
  { after, upTo, limit }: { after: string; upTo: number; limit: number },
): Promise<Batch | null> {
  const entries = await tx.list('outbox', { after, limit });
  const sent: SentRecord[] = [];
  let characters = 0;
  let last = after;
  for (const { key, value } of entries) {
    const row = (await tx.get('records', value as string)) as unknown as LocalRecord | undefined;
    // Of a refused record only what the portal once had is sent, where it may have lost it.
    const record = row?.refusal ? row.base : row?.record;
    const isDue = row?.dirty !== undefined && record !== undefined && sequenceOf(key) <= upTo;
    if (isDue) characters += JSON.stringify(record).length;
    if (sent.length > 0 && characters > MAX_BATCH_CHARACTERS) break;
    last = key;
    if (isDue) sent.push({ collection: row.collection, key: row.key, dirty: row.dirty as number, record });
  }
  return entries.length === 0 ? null : { sent, last };
}

type Sections = Omit<SyncPushRequest, 'deviceId' | 'deviceName' | 'platform' | 'lastSync' | 'epoch'>;

/** The records as the sections of a push. */
export function sectionsOf(sent: readonly SentRecord[]): Sections {
  const sections: Record<string, WireRecord | WireRecord[]> = {};
  for (const { collection, record } of sent) {
    if (factsOf(collection).singleton) {
      sections[collection] = record;
      continue;
    }
    const section = sections[collection];
    if (Array.isArray(section)) section.push(record);
    else sections[collection] = [record];
  }
  // The records were made from the same declarations as the type.
  return sections;
}
