import { storageError } from './storage-error.js';
import type { Json } from './store.js';

/**
 * A copy of a value, all the way down. Faster than structuredClone and JSON.parse(JSON.stringify()), and it refuses what
 * JSON cannot say instead of changing it silently (NaN to null, a Date to text).
 */
export function copyJson(value: Json): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
  } else if (Array.isArray(value)) return copyList(value);
  else if (isPlainObject(value)) return copyObject(value);
  throw storageError(`This value is not JSON and cannot be stored: ${String(value)}`);
}

/** Not map(): holes must be refused, and numbers, by far the most in a list of samples, take the short way. */
function copyList(list: readonly Json[]): Json[] {
  const copy: Json[] = Array.from({ length: list.length });
  for (let at = 0; at < list.length; at++) copy[at] = copyJson(list[at] as Json);
  return copy;
}

function copyObject(object: { readonly [key: string]: Json }): Json {
  const copy: { [key: string]: Json } = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    if (key === '__proto__') defineProto(copy, copyJson(value));
    else copy[key] = copyJson(value);
  }
  return copy;
}

/** Plain assignment would set the prototype. */
function defineProto(object: object, value: Json): void {
  Object.defineProperty(object, '__proto__', { value, enumerable: true, configurable: true, writable: true });
}

function isPlainObject(value: unknown): value is { [key: string]: Json } {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a test runner's, an iframe's) has another Object.prototype, itself without prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value as text that JSON.parse reads back exactly. For stores that keep text. */
export function encodeJson(value: Json): string {
  const copy = copyJson(value);
  return hasNegativeZero(copy) ? spell(copy) : JSON.stringify(copy);
}

export const decodeJson = (text: string): Json => JSON.parse(text) as Json;

function hasNegativeZero(value: Json): boolean {
  if (typeof value === 'number') return Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.some(hasNegativeZero) : Object.values(value).some(hasNegativeZero);
}

/** What JSON.stringify does, but -0 keeps its sign. Several times slower, therefore only where there is one. */
function spell(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${spell(member)}`);
    return `{${members.join(',')}}`;
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}
