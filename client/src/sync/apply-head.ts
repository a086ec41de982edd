import type { CollectionName } from './collections.js';
import { factsOf, isSameContent } from './complete.js';
import { editTime, isRowNumber, type LocalRecord, type WireRecord } from './record.js';
import { type RecordBook, SINGLETON_KEY } from './record-book.js';

/**
 * Which local record an incoming head is. The server id tells; without it the client id does, except that a row number
 * belongs to the record it was given to.
 */
async function findLocal(book: RecordBook, collection: CollectionName, head: WireRecord) {
  if (factsOf(collection).singleton) return book.get(collection, SINGLETON_KEY);
  const byServerId = head.serverId ? await book.find(collection, head.serverId) : undefined;
  if (byServerId) return byServerId;
  const byClientId = await book.find(collection, head.clientId);
  const isOther = isRowNumber(head.clientId) && byClientId?.record.serverId;
  return isOther ? undefined : byClientId;
}

/**
 * Merges a head that the portal sent. Nothing is removed: a deleted record comes as one with `deletedAt`. A local edit
 * that was not sent yet stays: this device will send it as one who has seen the head, and the head goes to the history.
 */
export async function applyHead(
  book: RecordBook,
  collection: CollectionName,
  head: WireRecord,
  now: number,
): Promise<void> {
  const row = await findLocal(book, collection, head);
  if (row === undefined) {
    await book.insert(collection, head);
    return;
  }
  if (row.refusal) {
    await meetRefused(book, row, head);
    return;
  }
  if (mayTake(row, head)) {
    await book.announce(await book.markClean(row, head));
    return;
  }
  const isNews = !row.isResent && !isSameContent(row.base ?? row.record, head);
  if (isNews && !factsOf(collection).singleton) await noteConflict(book, row, head, now);
  const known = head.serverId ? { serverId: head.serverId } : {};
  await book.save({ ...row, base: head, record: { ...row.record, ...known } });
}

/** The refused edit stays what the user sees; what the portal has is kept for giving it up. */
async function meetRefused(book: RecordBook, row: LocalRecord, head: WireRecord): Promise<void> {
  const isOlder = row.isResent && row.base && editTime(head) < editTime(row.base);
  const named = { ...row, record: { ...row.record, ...(head.serverId ? { serverId: head.serverId } : {}) } };
  if (isOlder) await book.save(named);
  else await book.noteResent(named, head);
}

function mayTake(row: LocalRecord, head: WireRecord): boolean {
  if (row.dirty === undefined) return true;
  if (isSameContent(row.record, head)) return true;
  // Nobody edited it here: it is only sent again in case the portal has lost it.
  return row.isResent === true && editTime(head) >= editTime(row.record);
}

async function noteConflict(book: RecordBook, row: LocalRecord, head: WireRecord, at: number) {
  const { collection, record } = row;
  const { clientId } = record;
  await book.noteConflict({ collection, clientId, mine: record, theirs: head, kept: 'mine', at });
}
