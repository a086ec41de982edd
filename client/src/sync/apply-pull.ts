import type { SyncPullAnswer } from '../api/sync-api.js';
import { applyHead } from './apply-head.js';
import { arrive } from './apply-push.js';
import { COLLECTION_NAMES } from './complete.js';
import { type DeviceState, isSamePlace } from './device-state.js';
import type { WireRecord } from './record.js';
import type { RecordBook } from './record-book.js';

/** The records of a page, parents first. */
export function recordsOf(answer: SyncPullAnswer) {
  const sections = answer as unknown as Record<string, WireRecord[] | WireRecord | null | undefined>;
  return COLLECTION_NAMES.flatMap((collection) =>
    [sections[collection] ?? []].flat().map((record) => ({ collection, record })),
  );
}

/**
 * Stores a page and the cursor behind it. Both or neither: what a cursor says was received is in the store.
 * @returns whether the page was taken; not, if this device has moved since it asked (another tab or process did so)
 */
export async function applyPull(
  book: RecordBook,
  from: DeviceState,
  answer: SyncPullAnswer,
  now: number,
): Promise<boolean> {
  if (!isSamePlace(book.state, from)) return false;
  // First: what is marked to be sent again does not yield to an older state from the portal's backup.
  await arrive(book, answer);
  for (const { collection, record } of recordsOf(answer)) await applyHead(book, collection, record, now);
  return true;
}
