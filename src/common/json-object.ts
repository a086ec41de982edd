import { isUtf8 } from 'node:buffer';
import { AppError } from './app-error.js';

/** A record has fifty, and what nobody knows of it may have 64 KB. A million of them take seconds to look at. */
const MAX_KEYS = 20_000;

/**
 * The JSON object that a body is; an empty body, or none, counts as {}. How deep it may be nested, and what else would make it
 * dear to parse, was seen when it came in (http/json-bounds.ts).
 * @throws AppError request.not_json for anything else, for bytes that are no UTF-8, where a lenient reader would store
 * something else than was sent, and for keys that would become prototypes; request.invalid where an object has too many keys
 */
export function readJsonObject(bytes: Buffer | undefined): object {
  if (bytes === undefined || bytes.length === 0) return {};
  const body = parse(textOf(bytes));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AppError('request.not_json');
  assertHarmless(body);
  return body;
}

/**
 * Refuses objects with a key `constructor` of their own, which class-transformer takes for their class. Records may have
 * such a key: they never come before it.
 * @throws AppError request.invalid
 */
export function assertNoConstructors(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && Object.hasOwn(value, 'constructor'))
    throw new AppError('request.invalid', { detail: 'An object in the body has the key "constructor".' });
  for (const inner of Object.values(value)) assertNoConstructors(inner);
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new AppError('request.not_json');
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('request.not_json', { cause: error });
  }
}

/**
 * One walk for keys that would become prototypes. Only objects are stepped into, and the keys are compared
 * here: 0.1 ms for 4,000 samples (640 KB), where looking for them in the text, as Fastify's own parser does, and a call
 * for each value took 0.7.
 */
function assertHarmless(value: object): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[])
      if (typeof item === 'object' && item !== null) assertHarmless(item);
    return;
  }
  let keys = 0;
  for (const key in value) {
    if (++keys > MAX_KEYS)
      throw new AppError('request.invalid', {
        detail: `An object of the body has more than ${MAX_KEYS} keys.`,
      });
    const inner = (value as Record<string, unknown>)[key];
    if (key === '__proto__') throw new AppError('request.not_json');
    if (typeof inner !== 'object' || inner === null) continue;
    if (key === 'constructor' && Object.hasOwn(inner, 'prototype')) throw new AppError('request.not_json');
    assertHarmless(inner);
  }
}
