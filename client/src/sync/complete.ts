import { canonicalJson } from './canonical-json.js';
import { type CollectionFacts, type CollectionName, COLLECTIONS } from './collections.js';
import type { WireRecord } from './record.js';

export const COLLECTION_NAMES = Object.keys(COLLECTIONS) as CollectionName[];

export const factsOf = (collection: CollectionName): CollectionFacts => COLLECTIONS[collection];

const REFERENCES = new Map(
  COLLECTION_NAMES.map((collection) => [
    collection,
    Object.entries(factsOf(collection).fields).flatMap(([field, { parent }]) =>
      parent === undefined ? [] : [{ field, parents: parent as CollectionName }],
    ),
  ]),
);

/** Which fields of a collection name a record of another one. */
export const referencesOf = (collection: CollectionName) => REFERENCES.get(collection) ?? [];

/** How many parents, one above the other, a record of the collection may have. */
export function depthOf(collection: CollectionName): number {
  return Math.max(0, ...referencesOf(collection).map(({ parents }) => depthOf(parents) + 1));
}

/** Enough digits to tell any two 32-bit floats apart. */
const MAX_DIGITS = 9;

/**
 * The shortest decimal that is the same 32-bit float: what the portal stores and gives back. Without it 44.0666656494
 * here and 44.066666 there would be two contents.
 */
export function shortestFloat(number: number): number {
  const float = Math.fround(number);
  if (!Number.isFinite(float)) return number;
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) return rounded;
  }
  return Number(float.toPrecision(MAX_DIGITS));
}

/**
 * The record as the portal will have it: fields that were left out hold their default, floats have 32 bits. So a record
 * that was only ever on this device needs no answer to be equal to the portal's copy.
 */
export function complete(collection: CollectionName, record: WireRecord): WireRecord {
  const whole: WireRecord = { ...record };
  for (const [name, field] of Object.entries(factsOf(collection).fields)) {
    const value = whole[name];
    if (value === undefined || (value === null && field.default !== undefined && !field.nullable))
      whole[name] = field.default;
    else if (field.float && typeof value === 'number') whole[name] = shortestFloat(value);
    if (whole[name] === undefined) delete whole[name];
  }
  return whole;
}

const contentOf = ({ clientId: _c, serverId: _s, updatedAt: _u, ...content }: WireRecord) =>
  canonicalJson(content);

/** Whether two states say the same: everything but the ids, and the time of the edit. */
export const isSameContent = (a: WireRecord, b: WireRecord) => contentOf(a) === contentOf(b);
