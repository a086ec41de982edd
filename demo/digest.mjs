import { createHash } from 'node:crypto';
import { isRowNumber } from './shapes.mjs';

/**
 * @typedef {import('./shapes.mjs').Row} Row
 * @typedef {import('./shapes.mjs').Shape} Shape
 * @typedef {Record<string, { count: number, hash: string }>} Digest
 */

const sha256 = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex');

/** @returns {string} JSON with sorted keys */
function canonical(/** @type {unknown} */ value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

const MAX_DIGITS = 9;

/** The shortest decimal that is the same float32: 44.066666 and 44.0666656494 are one number on a phone. */
function shortest(/** @type {number} */ number) {
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const rounded = Number(number.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(number)) return rounded;
  }
  return Number(number.toPrecision(MAX_DIGITS));
}

/** A record as this phone holds it, fields it left out filled with what the specification says they hold. */
function contentOf(/** @type {Shape} */ { fields }, /** @type {Row} */ row) {
  const { clientId: _clientId, serverId: _serverId, ...content } = row;
  for (const { name, fallback, isFloat } of fields) {
    content[name] ??= fallback;
    if (isFloat && content[name] !== null) content[name] = shortest(content[name]);
  }
  return content;
}

/** The name both sides know a record by. */
const keyOf = (/** @type {Shape} */ { isSingle }, /** @type {Row} */ { clientId, serverId }) =>
  (!isSingle && serverId && isRowNumber(clientId) ? serverId : clientId).toLowerCase();

/**
 * What GET /api/sync/digest answers, computed from a phone's own copies alone: if the two are equal, so are the data.
 * @param {import('./store.mjs').LocalStore} store
 * @param {readonly Shape[]} shapes
 * @returns {Digest}
 */
export function digestOf(store, shapes) {
  return Object.fromEntries(
    shapes.map((shape) => {
      const lines = store.live(shape.name).map((row) => {
        const key = keyOf(shape, row);
        const content = contentOf(shape, row);
        return { key, line: `${key}:${sha256(`${key}\n${content.updatedAt}\n${canonical(content)}`)}\n` };
      });
      const text = lines.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ line }) => line);
      return [shape.name, { count: lines.length, hash: sha256(text.join('')) }];
    }),
  );
}
