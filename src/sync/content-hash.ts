import { createHash } from 'node:crypto';

export type Value = string | number | boolean | null;

/** JSON with the keys of every object sorted: equal values give equal texts, whatever order a phone wrote them in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const object = value as Record<string, unknown>;
    const members = Object.keys(object)
      .toSorted()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/**
 * 128 bits as a hexadecimal text, which PostgreSQL reads as a uuid. MD5 is enough: the hash is compared only among the
 * states of one record of one user, who gains nothing by a collision with himself.
 */
export function hash128(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** PostgreSQL prints a uuid with dashes; hashes are compared without. */
export const plainHash = (uuid: string) => uuid.replaceAll('-', '');
