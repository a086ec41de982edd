import { storageError } from './storage-error.js';

/** Printable ASCII: every kind of storage orders these the same way, by their codes. */
const KEY = /^[ -~]+$/;

/** Comes after everything a key may contain. */
const AFTER_ALL = '\x7f';

export function checkKey(key: string): void {
  if (typeof key !== 'string' || !KEY.test(key))
    throw storageError(`A key must be printable ASCII text: ${JSON.stringify(key)}`);
}

/** The keys that begin with a prefix are those from the prefix itself up to this, which is none of them. */
export const endOf = (prefix: string): string => prefix + AFTER_ALL;
