import type { Sql } from '../database/sql.js';
import { isUuid } from './client-key.js';
import type { Collection, Content, Sent } from './collection.js';
import type { Target } from './identify.js';

/** What a child has to know of its parent. */
export interface Parent {
  serverId: string;
  clientKey: string;
}

/** Parents that are known, by every name a child may call them. */
export type Parents = Map<string, Parent>;

/** By the parent's collection: the collection itself, and those of its records that this push accepts. */
export type ParentCollections = ReadonlyMap<string, { collection: Collection; inPush: Parents }>;

function parentsIn(collections: ParentCollections, name: string) {
  const found = collections.get(name);
  if (!found) throw new Error(`${name} was not planned before its children`);
  return found;
}

/**
 * Settles the references of a merged state. A parent that comes in this very push is found also where the child did not
 * name it again; and a child that names the parent it has by another of its names keeps the name it has, so that this
 * alone is no change.
 */
export function settleReferences(
  collection: Collection,
  content: Content,
  held: Content | null,
  parents: ParentCollections,
): void {
  for (const [place, { index, parent }] of collection.references.entries()) {
    const key = content.values[index];
    if (content.parents[place] === null && typeof key === 'string')
      content.parents[place] = parentsIn(parents, parent).inPush.get(key)?.serverId ?? null;
    if (held && content.parents[place] !== null && content.parents[place] === held.parents[place])
      content.values[index] = held.values[index];
  }
}

export function parentsOf(targets: readonly Target[]): Parents {
  const parents: Parents = new Map();
  for (const target of targets) {
    const parent = { serverId: target.serverId, clientKey: target.clientKey };
    for (const name of [
      target.clientKey,
      `g:${target.serverId}`,
      ...target.sents.map((sent) => sent.clientKey),
    ])
      if (!parents.has(name)) parents.set(name, parent);
  }
  return parents;
}

/**
 * Turns every reference of the records sent into the parent's own client key, and finds its server id if the parent is
 * known: from this push, else from the database. One statement per reference field.
 */
export async function resolveReferences(
  sql: Sql,
  userId: string,
  collection: Collection,
  sents: readonly Sent[],
  parentCollections: ParentCollections,
): Promise<void> {
  for (const [place, { index, parent }] of collection.references.entries()) {
    const { collection: parentCollection, inPush } = parentsIn(parentCollections, parent);
    const names = new Set(sents.map((sent) => sent.values[index]).filter((name) => typeof name === 'string'));
    const missing = [...names].filter((name) => !inPush.has(name));
    const known =
      missing.length > 0
        ? await readParents(sql, userId, parentCollection, missing)
        : new Map<string, Parent>();
    for (const sent of sents) {
      const name = sent.values[index];
      const found = typeof name === 'string' ? (inPush.get(name) ?? known.get(name)) : undefined;
      if (!found) continue;
      sent.values[index] = found.clientKey;
      sent.parents[place] = found.serverId;
    }
  }
}

async function readParents(
  sql: Sql,
  userId: string,
  collection: Collection,
  names: readonly string[],
): Promise<Parents> {
  const rows = await sql.query<{ server_id: string; client_key: string; key: string }>({
    name: `parents-${collection.name}`,
    text: collection.sql.parents,
    values: [userId, names, names.map((name) => name.slice(2)).filter(isUuid)],
  });
  const parents: Parents = new Map();
  for (const row of rows)
    if (!parents.has(row.key)) parents.set(row.key, { serverId: row.server_id, clientKey: row.client_key });
  return parents;
}
