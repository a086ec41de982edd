import type { Reading } from '../database/combine.js';
import type { Sql } from '../database/sql.js';
import type { Collection, Sent } from './collection.js';
import type { ChildKind, Collections } from './collections.js';
import { aliasReading, Identification } from './identify.js';
import { readPast } from './past.js';
import { type Draft, draft, maybePast, type Plan, type PushContext, readContents, settle } from './plan.js';
import { type Parents, parentsOf, References } from './references.js';
import { waitingOf } from './store.js';

/** One collection's share of a push. */
interface Share {
  collection: Collection;
  identification: Identification;
  references: References;
}

/**
 * Decides what a push does, in as few round trips as there are things that depend on each other: whom the records name
 * (sent together with the lock), what those heads say (only where something else was sent than what made them), what
 * the history says (only where they differ).
 */
export class Planner {
  private readonly shares: readonly Share[];
  /** Kinds of children of which some wait for a parent. */
  readonly waiting = new Set<string>();

  /** Parents before children, as `collections` has them. */
  constructor(
    private readonly collections: Collections,
    private readonly sents: ReadonlyMap<string, readonly Sent[]>,
  ) {
    this.shares = collections.all().flatMap((collection) => {
      const own = sents.get(collection.name);
      if (!own) return [];
      const identification = new Identification(collection, own);
      return [{ collection, identification, references: new References(collection, own) }];
    });
  }

  /** All that can be asked before anything is known. */
  readings(userId: string): Reading[] {
    const identifications = new Map(
      this.shares.map(({ collection, identification }) => [collection.name, identification]),
    );
    const own = this.shares.flatMap(({ collection, identification, references }) => [
      identification.reading(userId),
      ...references.readings(userId, this.sents, this.collections),
      ...this.collections.childrenOf(collection).map((kind) => this.waitingReading(userId, kind)),
    ]);
    return own.length === 0 ? [] : [aliasReading(userId, identifications), ...own];
  }

  async plan(sql: Sql, context: PushContext): Promise<Plan[]> {
    const { userId } = context;
    await Promise.all(this.shares.map(({ identification }) => identification.readAliased(sql, userId)));
    const identified = this.shares.map(({ identification }) => identification.conclude());
    const contents = await Promise.all(
      this.shares.map(({ collection }, n) => readContents(sql, context, collection, identified[n].targets)),
    );
    const parents = new Map<string, { collection: Collection; inPush: Parents }>();
    for (const collection of this.collections.all())
      parents.set(collection.name, { collection, inPush: new Map() });
    const drafts: Draft[] = [];
    for (const [n, { collection, references }] of this.shares.entries()) {
      await references.resolve(sql, userId, parents);
      const made = draft(context, collection, identified[n], contents[n], parents);
      if (this.hasChildren(collection))
        parents.set(collection.name, { collection, inPush: parentsOf(made.plan.targets) });
      drafts.push(made);
    }
    const pasts = await Promise.all(
      drafts.map(({ plan, open }) => readPast(sql, userId, plan.collection, open.flatMap(maybePast))),
    );
    for (const [n, { plan, open }] of drafts.entries())
      for (const entry of open) settle(plan, context, entry, pasts[n]);
    return drafts.map(({ plan }) => plan);
  }

  /** Whether records in this push may belong to some of that collection. */
  private hasChildren(collection: Collection): boolean {
    return this.collections.childrenOf(collection).some(({ child }) => this.sents.has(child.name));
  }

  /** Most accounts have nobody who waits; then nobody need be looked for by name. */
  private waitingReading(userId: string, kind: ChildKind): Reading {
    return {
      statement: {
        name: `any-waiting-${kind.kind}`,
        text: waitingOf(kind).any,
        rowMode: 'array',
        values: [userId],
      },
      take: (rows) => {
        if (rows.length > 0) this.waiting.add(kind.kind);
      },
    };
  }
}
