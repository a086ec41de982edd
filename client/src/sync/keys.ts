import type { CollectionName } from './collections.js';
import { depthOf } from './complete.js';

/** Enough for every number below 2^53, so that keys sort as their numbers do. */
const DIGITS = 16;

export const padded = (number: number) => String(number).padStart(DIGITS, '0');

/** Half a surrogate pair is no character; the portal refuses such an id, and so does encodeURIComponent. */
const HALF_PAIR = /\p{Surrogate}/gu;

/** Ids are opaque text of any script; keys of the store are ASCII. Compared without letter case, as the portal does. */
export const idKey = (id: string) => encodeURIComponent(id.toLowerCase().replace(HALF_PAIR, '\ufffd'));

export const recordKey = (collection: CollectionName, key: string) => `${collection}/${key}`;

export const nameKey = (collection: CollectionName, id: string) => `${collection}/${idKey(id)}`;

/** Sorts parents before children, then by the order in which they were edited. */
export const outboxKey = (collection: CollectionName, sequence: number) =>
  `${depthOf(collection)}/${padded(sequence)}`;

export const sequenceOf = (outboxKey: string) => Number(outboxKey.slice(outboxKey.indexOf('/') + 1));

export const heldPrefix = (parents: CollectionName, parentId: string) => `${parents}/${idKey(parentId)}/`;
