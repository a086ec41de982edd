import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../common/app-error.js';
import type { Sent } from './collection.js';
import type { Collections } from './collections.js';
import type { Rejected } from './quarantine.service.js';

/** The records of a push, checked one by one. */
export interface Sections {
  sents: Map<string, Sent[]>;
  rejected: Rejected[];
}

/**
 * Records in one push: the first of a phone with many years of training has 100,000. What is small in a body may be large
 * beside it: a million empty records are 3 MB, and took 1.2 GB and half a minute to refuse one by one.
 */
export const PUSH_MAX_RECORDS = 120_000;

/** Other requests are served at least this often while a large push is checked. */
const TURN_MS = 15;

/**
 * Reads every section of a body before any transaction begins. A bad record is a value among `rejected`; only a section
 * that is no array (for a singleton: no object) refuses the whole.
 * @throws AppError request.invalid, request.too_large
 */
export async function readSections(
  collections: Collections,
  body: Record<string, unknown>,
  deviceId: string,
): Promise<Sections> {
  assertFits(collections, body);
  const sections: Sections = { sents: new Map(), rejected: [] };
  let turn = performance.now();
  for (const collection of collections.all()) {
    const sents: Sent[] = [];
    for (const raw of recordsOf(body[collection.name], collection.name, collection.isSingleton)) {
      const read = collection.read(raw, deviceId);
      if ('sent' in read) sents.push(read.sent);
      else sections.rejected.push({ collection: collection.name, raw, ...read.refusal });
      if (performance.now() - turn > TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
    }
    if (sents.length > 0) sections.sents.set(collection.name, sents);
  }
  return sections;
}

function assertFits(collections: Collections, body: Record<string, unknown>): void {
  let records = 0;
  for (const { name } of collections.all()) {
    const section = body[name];
    if (Array.isArray(section)) records += section.length;
  }
  if (records <= PUSH_MAX_RECORDS) return;
  throw new AppError('request.too_large', {
    detail: `A push may have at most ${PUSH_MAX_RECORDS} records. Send them in several pushes.`,
  });
}

/** A section that is absent or null is empty. */
function recordsOf(section: unknown, name: string, singleton: boolean): readonly unknown[] {
  if (section === undefined || section === null) return [];
  if (singleton && typeof section === 'object' && !Array.isArray(section)) return [section];
  if (!singleton && Array.isArray(section)) return section;
  const wanted = singleton ? 'an object' : 'an array';
  throw new AppError('request.invalid', {
    errors: [{ path: name, code: singleton ? 'isObject' : 'isArray', message: `${name} must be ${wanted}` }],
  });
}
