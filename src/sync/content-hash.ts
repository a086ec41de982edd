import { hash } from 'node:crypto';

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
 * 128 bits of SHA-256 as a hexadecimal text, which PostgreSQL reads as a uuid. In one call and with a processor that knows
 * it, 0.9 µs for a session; MD5 takes 1.5.
 */
export const hash128 = (text: string): string => hash('sha256', text).slice(0, 32);

/**
 * The same of natural keys, which tell identity: it never changes, for then a record under another number would become a
 * second one. MD5 is enough: the hash is compared only among the records of one user, who gains nothing by a collision.
 */
export const naturalKeyHash = (text: string): string => hash('md5', text);

/** PostgreSQL prints a uuid with dashes; hashes are compared without. */
export const plainHash = (uuid: string) => uuid.replaceAll('-', '');
