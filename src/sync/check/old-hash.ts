import type { Collection, Content } from '../collection.js';
import { canonicalJson, naturalKeyHash } from '../content-hash.js';

/** Before version 0.1 contents were told by MD5 of names and values in turn, with floats as they are in binary. */
export function isHashOfOldServer(
  hash: string,
  { values, extra }: Pick<Content, 'values' | 'extra'>,
  { fields }: Collection,
): boolean {
  const parts = fields
    .map((field, index) => ({ ...field, value: values[index] }))
    .filter(({ name, value, default: fallback }) => name !== 'updatedAt' && value !== (fallback ?? null))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, kind, value }) => [
      name,
      kind === 'real' && typeof value === 'number' ? Math.fround(value) : value,
    ]);
  return hash === naturalKeyHash(JSON.stringify(parts) + (extra === null ? '' : canonicalJson(extra)));
}
