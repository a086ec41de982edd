import { isLocalId } from '../client-key.js';
import type { Collection } from '../collection.js';
import { plainHash } from '../content-hash.js';
import { isHashOfOldServer } from './old-hash.js';
import type { HeadRow } from './head-rows.js';

/** What is wrong with one head by itself, in plain words; usually nothing. */
export function faultsOf(head: HeadRow, collection: Collection, clock: number): string[] {
  return [
    ...contentFaults(head, collection),
    ...keyFaults(head, collection),
    ...timeFaults(head, collection, clock),
  ];
}

function contentFaults({ content, contentHash, naturalKey }: HeadRow, collection: Collection): string[] {
  const faults: string[] = [];
  const said = collection.say(content).hash;
  const stored = plainHash(contentHash);
  if (said !== stored && !isHashOfOldServer(stored, content, collection))
    faults.push(`its content has the hash ${said}, stored is ${stored}`);
  const natural = collection.naturalKeyOf(content);
  const storedNatural = naturalKey === null ? null : plainHash(naturalKey);
  if (natural !== storedNatural) faults.push(`its natural key is ${natural}, stored is ${storedNatural}`);
  return faults;
}

function keyFaults(head: HeadRow, { isSingleton }: Collection): string[] {
  const { serverId, clientId, clientKey, localDevice } = head;
  const expected = [
    isSingleton
      ? 'g:singleton'
      : localDevice === null
        ? `g:${clientId.toLowerCase()}`
        : `d:${localDevice}/${clientId}`,
  ];
  // A row number that was used anew left this record under its server id.
  if (clientId === serverId) expected.push(`x:${serverId}`);
  const faults = expected.includes(clientKey)
    ? []
    : [`its client key is ${clientKey}, its client id ${clientId}`];
  if (!isSingleton && isLocalId(clientId) !== (localDevice !== null))
    faults.push(
      `its client id ${clientId} is ${localDevice === null ? 'of no device' : `of device ${localDevice}`}`,
    );
  return faults;
}

function timeFaults(
  { version, editedAt, content }: HeadRow,
  collection: Collection,
  clock: number,
): string[] {
  const faults: string[] = [];
  if (version < 1 || version > clock)
    faults.push(`its version ${version} is not one that the clock ${clock} has given`);
  const claimedAt = collection.claimedAt(content);
  if (editedAt > claimedAt)
    faults.push(`its edit time ${editedAt} is later than ${claimedAt}, which it claims`);
  return faults;
}
