import type { CollectionName } from '../sync/collections.js';
import { COLLECTION_NAMES, factsOf } from '../sync/complete.js';
import type { LocalRecord, WireRecord } from '../sync/record.js';
import { SINGLETON_KEY } from '../sync/record-book.js';
import { idsOf } from '../sync/record-view.js';
import { CommandFailed, UsageError } from './failures.js';
import type { Phone } from './phone.js';

/** A collection by its name, in any letter case, in the singular, or cut short. @throws UsageError */
export function collectionNamed(word: string | undefined): CollectionName {
  if (word === undefined)
    throw new UsageError(`COLLECTION is missing. There are ${COLLECTION_NAMES.join(', ')}.`);
  const wanted = word.toLowerCase();
  const exact = COLLECTION_NAMES.find((name) => [wanted, `${wanted}s`].includes(name.toLowerCase()));
  if (exact) return exact;
  const [found, ...others] = COLLECTION_NAMES.filter((name) => name.toLowerCase().startsWith(wanted));
  if (found === undefined)
    throw new UsageError(`There is no collection “${word}”. There are ${COLLECTION_NAMES.join(', ')}.`);
  if (others.length > 0)
    throw new UsageError(`“${word}” may be ${[found, ...others].join(' or ')}: write more of it.`);
  return found;
}

/**
 * A record of this phone: by the beginning of one of its ids, by its name, or `last` for the newest; deleted ones too. The
 * only record of a collection needs no id.
 * @throws CommandFailed if there is none, or more than one
 */
export async function recordNamed(
  { manager, name }: Phone,
  collection: CollectionName,
  id: string | undefined,
): Promise<LocalRecord> {
  const wanted = (factsOf(collection).singleton ? SINGLETON_KEY : id)?.toLowerCase();
  if (wanted === undefined || wanted === '') throw new UsageError('ID is missing.');
  const exact = await manager.records.find(collection, wanted);
  if (exact) return exact;
  const rows = await manager.records.all(collection);
  const [found, ...others] = firstFound([
    rows.filter(({ record }) => idsOf(record).some((each) => each.toLowerCase().startsWith(wanted))),
    wanted === 'last' ? newest(rows) : [],
    rows.filter(({ record }) => !record.deletedAt && isCalled(record, wanted)),
    rows.filter(({ record }) => isCalled(record, wanted)),
  ]);
  if (found === undefined)
    throw new CommandFailed(`The phone “${name}” has no ${id ?? 'record'} in ${collection}.`);
  if (others.length > 0)
    throw new CommandFailed(
      `${others.length + 1} records of ${collection} may be “${id}”: write more of the id.`,
    );
  return found;
}

const firstFound = (choices: readonly LocalRecord[][]) => choices.find(({ length }) => length > 0) ?? [];

/** What people call a record, where it has such a field. */
const isCalled = ({ name, exerciseName, badgeId }: WireRecord, wanted: string) =>
  [name, exerciseName, badgeId].some((title) => typeof title === 'string' && title.toLowerCase() === wanted);

const madeAt = ({ record }: LocalRecord) => record.createdAt ?? 0;

function newest(rows: readonly LocalRecord[]): LocalRecord[] {
  const live = rows.filter(({ record }) => !record.deletedAt);
  return live.sort((a, b) => madeAt(b) - madeAt(a)).slice(0, 1);
}

const SHORTEST = 6;

/** How many characters of these ids tell them apart. */
export function shortLength(ids: readonly string[]): number {
  for (let length = SHORTEST; ; length++) {
    const short = new Set(ids.map((id) => id.slice(0, length)));
    if (short.size === new Set(ids).size) return length;
  }
}

export const short = (id: string) => id.slice(0, 8);
