import { createHash } from 'node:crypto';
import type { Chunk } from './blob-store.js';

/** Raise it when the same chunks are answered with other bytes: copies that clients hold are then fetched anew. */
const ANSWER_FORMAT = 1;

/**
 * The strong ETag of an answer. A chunk is never changed but replaced by one with another id, so the ids stand for the
 * samples; `variant` is everything else that the bytes of the answer depend on.
 */
export function seriesTag(chunks: readonly Pick<Chunk, 'id'>[], variant: readonly unknown[]): string {
  const facts = JSON.stringify([ANSWER_FORMAT, variant, chunks.map(({ id }) => id).toSorted()]);
  return `"${createHash('sha256').update(facts).digest('base64url')}"`;
}

/** Whether `If-None-Match` names this ETag; compared weakly, as RFC 9110 has it: proxies that pack answers weaken it. */
export const isNamedBy = (tag: string, ifNoneMatch: string): boolean =>
  ifNoneMatch.split(',').some((entry) => [tag, '*'].includes(entry.trim().replace(/^W\//, '')));
