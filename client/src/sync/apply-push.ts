import type { SyncPushAnswer } from '../api/sync-api.js';
import { applyHead } from './apply-head.js';
import type { CollectionName } from './collections.js';
import { COLLECTION_NAMES, factsOf, isSameContent } from './complete.js';
import { type DeviceState, isSamePlace } from './device-state.js';
import type { SentRecord } from './outbox.js';
import type { LocalRecord, WireRecord } from './record.js';
import type { RecordBook } from './record-book.js';

/** How a push went, added up over its batches. */
export interface PushOutcome {
  accepted: number;
  refused: number;
  superseded: number;
}

/**
 * What the portal made of a push, record by record, and the cursor it leads to. An edit that was made while the request
 * was under way stays dirty.
 * @returns null if this device has moved since it asked (another tab or process did so): the records stay dirty, and
 *   sending them again is harmless
 */
export async function applyPush(
  book: RecordBook,
  asked: { state: DeviceState; sent: readonly SentRecord[] },
  answer: SyncPushAnswer,
  now: number,
): Promise<PushOutcome | null> {
  if (!isSamePlace(book.state, asked.state)) return null;
  const superseded = new Map<string, WireRecord>();
  for (const { collection, record } of answer.superseded as { collection: string; record: WireRecord }[])
    superseded.set(`${collection}/${record.serverId}`, record);
  const outcome = { accepted: 0, refused: 0, superseded: superseded.size };
  for (const sent of asked.sent) {
    const became = await settle(book, sent, answer, superseded, now);
    if (became) outcome[became]++;
  }
  for (const { collection, record } of answer.superseded as { collection: string; record: WireRecord }[])
    if (isCollection(collection)) await applyHead(book, collection, record, now);
  await arrive(book, answer);
  return outcome;
}

const isCollection = (name: string): name is CollectionName =>
  (COLLECTION_NAMES as readonly string[]).includes(name);

/** Takes over the place an answer leads to. */
export async function arrive(
  book: RecordBook,
  { syncTime, epoch }: { syncTime: number; epoch: number },
): Promise<void> {
  const isRestored = book.state.epoch !== null && book.state.epoch !== epoch;
  book.state = { ...book.state, cursor: syncTime, epoch, knows: COLLECTION_NAMES };
  if (isRestored) await sendAllAgain(book);
}

/** The portal lacks an unknown part of what is here: everything goes there again, as what it is, not as an edit. */
export async function sendAllAgain(book: RecordBook): Promise<void> {
  await book.queueAllSamples();
  for (const collection of COLLECTION_NAMES)
    for (const row of await book.all(collection)) {
      if (row.dirty !== undefined) continue;
      if (row.refusal === undefined) await book.markDirty(row, { isResent: true });
      else if (row.base) await book.resendBase(row);
    }
}

async function settle(
  book: RecordBook,
  { collection, key, dirty, record }: SentRecord,
  { idMappings, rejected }: SyncPushAnswer,
  superseded: ReadonlyMap<string, WireRecord>,
  now: number,
): Promise<'accepted' | 'refused' | undefined> {
  const row = await book.get(collection, key);
  if (row === undefined) return undefined;
  const refusal = rejected.find((one) => one.collection === collection && one.clientId === record.clientId);
  if (refusal) {
    const { code, field, message, retryable } = refusal;
    if (row.dirty === dirty && !retryable) await book.setAside(row, { code, field, message });
    return 'refused';
  }
  const serverId = mapped(idMappings, collection, record.clientId);
  // Neither taken nor refused: it is not known to be safe, so it stays dirty.
  if (serverId === undefined && !factsOf(collection).singleton) return undefined;
  const winner = serverId === undefined ? undefined : superseded.get(`${collection}/${serverId}`);
  // Where it was edited since, the head is met by that edit, below; and what this device itself sent under another id is
  // nobody else's edit.
  const isOwn = winner && (await isTwin(book, row, serverId));
  const isLost = winner && !isOwn && row.dirty === dirty && !row.isResent && !isSameContent(winner, record);
  if (isLost) {
    const { clientId } = record;
    await book.noteConflict({ collection, clientId, mine: record, theirs: winner, kept: 'theirs', at: now });
  }
  await accept(book, row, { dirty, serverId, record });
  return 'accepted';
}

function mapped(idMappings: object, collection: CollectionName, clientId: string): string | undefined {
  const ids = (idMappings as Record<string, object | undefined>)[collection] ?? {};
  const id: unknown = Object.hasOwn(ids, clientId) ? (ids as Record<string, unknown>)[clientId] : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Whether another local record has that server id. */
async function isTwin(book: RecordBook, row: LocalRecord, serverId: string | undefined): Promise<boolean> {
  const other = serverId === undefined ? undefined : await book.find(row.collection, serverId);
  return other !== undefined && other.key !== row.key;
}

async function accept(
  book: RecordBook,
  row: LocalRecord,
  { dirty, serverId, record }: { dirty: number; serverId: string | undefined; record: WireRecord },
): Promise<void> {
  const { collection } = row;
  const known = serverId === undefined ? {} : { serverId };
  const twin = serverId === undefined ? undefined : await book.find(collection, serverId);
  const isEditedSince = row.dirty !== dirty;
  // Taken back or set aside since: the portal now shows what this device does not, so that is sent as well.
  const isSettledSince = row.dirty === undefined;
  if (twin !== undefined && twin.key !== row.key) {
    // The portal knew the same thing under another id: a badge or a record that two phones made.
    await book.becomeAlias(row, twin);
    // The refused edit of it stays aside, for the user to mend or to give up.
    if (twin.refusal && !isEditedSince) {
      await book.noteResent(twin, { ...record, ...known });
      return;
    }
    // The portal calls it by the id this device sent, from now on.
    // An edit of the one that was here under the known id is the later one: it came of seeing what the portal has.
    const merged = { ...twin, record: { ...(twin.dirty === undefined ? row : twin).record, ...known } };
    if (isEditedSince || twin.dirty !== undefined) await book.markDirty(merged);
    else await book.announce(await book.markClean(merged, merged.record));
    return;
  }
  const named = { ...row, record: { ...row.record, ...known } };
  if (row.refusal && !isEditedSince) {
    await book.noteResent(named, { ...record, ...known });
    return;
  }
  if (!isEditedSince) await book.announce(await book.markClean(row, named.record));
  else if (isSettledSince) await book.markDirty({ ...named, base: { ...record, ...known } });
  else await book.save({ ...named, base: { ...record, ...known } });
}
