import type { Reading, Sql, Statement } from '../database/sql.js';
import { isUuid } from './client-key.js';
import type { Collection, Content, Sent } from './collection.js';
import type { Collections } from './collections.js';
import type { Target } from './target.js';

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

/** Parents looked for in the database: those that were found, and what was asked for. */
interface Looked {
  asked: ReadonlySet<string>;
  found: Parents;
}

/** The references of one collection's share of a push, field by field. */
export class References {
  private readonly looked: Looked[] = [];

  constructor(
    private readonly collection: Collection,
    private readonly sents: readonly Sent[],
  ) {}

  private namesAt(index: number): Set<string> {
    return new Set(this.sents.map(({ values }) => values[index]).filter((name) => typeof name === 'string'));
  }

  /**
   * One read for each field that names a parent which does not come in the push itself.
   * @param sentTo the records of the push, by collection
   */
  readings(userId: string, sentTo: ReadonlyMap<string, readonly Sent[]>, all: Collections): Reading[] {
    return this.collection.references.flatMap(({ index, parent }, place) => {
      const coming = new Set((sentTo.get(parent) ?? []).map(({ clientKey }) => clientKey));
      const asked = new Set([...this.namesAt(index)].filter((name) => !coming.has(name)));
      this.looked[place] = { asked, found: new Map() };
      if (asked.size === 0) return [];
      return [
        {
          statement: parentsStatement(userId, all.get(parent), [...asked]),
          take: (rows) => {
            this.looked[place] = { asked, found: foundParents(rows) };
          },
        },
      ];
    });
  }

  /** The parent's own client key, whatever it is called here; the name itself while the parent is unknown. */
  keyOf(index: number, name: string, coming: ReadonlyMap<string, Parents>): string {
    const place = this.collection.references.findIndex((reference) => reference.index === index);
    if (place < 0) return name;
    const { parent } = this.collection.references[place];
    const known = coming.get(parent)?.get(name) ?? this.looked[place].found.get(name);
    return known?.clientKey ?? name;
  }

  /**
   * Turns every reference of the records sent into the parent's own client key, and finds its server id if the parent is
   * known: from this push, else from the database.
   */
  async resolve(sql: Sql, userId: string, parentCollections: ParentCollections): Promise<void> {
    for (const [place, { index, parent }] of this.collection.references.entries()) {
      const { collection, inPush } = parentsIn(parentCollections, parent);
      const { asked, found } = this.looked[place];
      // Came in the push, but was refused there.
      const missing = [...this.namesAt(index)].filter((name) => !inPush.has(name) && !asked.has(name));
      const late = await readParents(sql, userId, collection, missing);
      for (const sent of this.sents) {
        const name = sent.values[index];
        if (typeof name !== 'string') continue;
        const known = inPush.get(name) ?? found.get(name) ?? late.get(name);
        if (!known) continue;
        if (known.clientKey !== name) sent.said = null;
        sent.values[index] = known.clientKey;
        sent.parents[place] = known.serverId;
      }
    }
  }
}

async function readParents(
  sql: Sql,
  userId: string,
  collection: Collection,
  names: readonly string[],
): Promise<Parents> {
  if (names.length === 0) return new Map();
  return foundParents(await sql.query<unknown[]>(parentsStatement(userId, collection, names)));
}

const parentsStatement = (userId: string, collection: Collection, names: readonly string[]): Statement => ({
  name: `parents-${collection.name}`,
  text: collection.sql.parents,
  rowMode: 'array',
  values: [userId, names, names.map((name) => name.slice(2)).filter(isUuid)],
});

function foundParents(rows: readonly unknown[][]): Parents {
  const parents: Parents = new Map();
  for (const [serverId, clientKey, key] of rows as [string, string, string][])
    if (!parents.has(key)) parents.set(key, { serverId, clientKey });
  return parents;
}
