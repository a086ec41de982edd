import { canonicalJson } from './canonical-json.js';
import type { CollectionName } from './collections.js';
import { COLLECTION_NAMES } from './complete.js';
import type { LocalRecord, WireRecord } from './record.js';
import { parentsOf, type RecordView } from './record-view.js';

/** By collection: how many live records, and one hash over all of them. */
export type Digest = Record<CollectionName, { count: number; hash: string }>;

/** SHA-256 of a text as UTF-8, hexadecimal. */
export type Sha256 = (text: string) => Promise<string>;

/** By the platform: Node, and browsers on https pages. React Native has none and brings its own. */
export const platformSha256: Sha256 = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** A record as the digest sees it. */
interface Shown {
  key: string;
  text: string;
}

export type ShownRecords = Partial<Record<CollectionName, Shown[]>>;

/** References by whatever id the application used become those that this device is shown. */
async function withShownReferences(view: RecordView, row: LocalRecord): Promise<WireRecord> {
  const references = parentsOf(row);
  if (references.length === 0) return row.record;
  const record = { ...row.record };
  for (const { field, parents, id } of references)
    record[field] = (await view.find(parents, id))?.record.clientId ?? id;
  return record;
}

/** Whether a parent is one that the portal would not take and never had: it is told of no child of that. */
async function hasUnknownParent(view: RecordView, row: LocalRecord): Promise<boolean> {
  for (const { parents, id } of parentsOf(row)) {
    const parent = await view.find(parents, id);
    if (parent && ((parent.refusal && !parent.base) || (await hasUnknownParent(view, parent)))) return true;
  }
  return false;
}

/**
 * Every live record whose parents are live, those that were edited and not yet sent too. One that the portal would not
 * take counts as what the portal has of it.
 */
export async function shownRecords(view: RecordView): Promise<ShownRecords> {
  const shown: ShownRecords = {};
  for (const collection of COLLECTION_NAMES) {
    const list: Shown[] = [];
    for (const row of await view.visible(collection)) {
      const record = row.refusal ? row.base : row.record;
      if (record === undefined || record.deletedAt || (await hasUnknownParent(view, row))) continue;
      const { clientId, serverId: _, ...content } = await withShownReferences(view, { ...row, record });
      const key = clientId.toLowerCase();
      list.push({ key, text: `${key}\n${content.updatedAt}\n${canonicalJson(content)}` });
    }
    shown[collection] = list;
  }
  return shown;
}

/** GET /api/sync/digest?deviceId= computed from this device's copies alone; docs/sync-protocol.md has the rule. */
export async function digestOf(shown: ShownRecords, sha256: Sha256): Promise<Digest> {
  const digest: Partial<Digest> = {};
  for (const collection of COLLECTION_NAMES) {
    // By key, not by line: “1” comes before “10”, “1:” after “10:”.
    const records = [...(shown[collection] ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
    const lines = await Promise.all(records.map(async ({ key, text }) => `${key}:${await sha256(text)}\n`));
    digest[collection] = { count: lines.length, hash: await sha256(lines.join('')) };
  }
  return digest as Digest;
}
