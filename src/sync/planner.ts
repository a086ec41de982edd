import type { Reading } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import type { Collection, Content, Sent } from './collection.js';
import type { ChildKind, Collections } from './collections.js';
import { aliasReading, Identification, type Identified } from './identify.js';
import { Past, pastReading } from './past.js';
import {
  contentsReading,
  type Draft,
  draft,
  maybePast,
  type Plan,
  type PushContext,
  settle,
} from './plan.js';
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

  async plan(tx: Transaction, context: PushContext): Promise<Plan[]> {
    const { userId } = context;
    await tx.take(this.shares.flatMap(({ identification }) => identification.aliasedReading(userId) ?? []));
    const identified: Identified[] = [];
    const coming = new Map<string, Parents>();
    for (const { collection, identification, references } of this.shares) {
      const made = identification.conclude((index, name) => references.keyOf(index, name, coming));
      if (this.hasChildren(collection)) coming.set(collection.name, parentsOf(made.targets));
      identified.push(made);
    }
    // Server ids are unique, so the contents of all collections are one map.
    const contents = new Map<string, Content>();
    await tx.take(
      this.shares.flatMap(
        ({ collection }, n) => contentsReading(context, collection, identified[n].targets, contents) ?? [],
      ),
    );
    const parents = new Map<string, { collection: Collection; inPush: Parents }>();
    for (const collection of this.collections.all())
      parents.set(collection.name, { collection, inPush: new Map() });
    const drafts: Draft[] = [];
    for (const [n, { collection, references }] of this.shares.entries()) {
      await references.resolve(tx, userId, parents);
      const made = draft(context, collection, identified[n], contents, parents);
      if (this.hasChildren(collection))
        parents.set(collection.name, { collection, inPush: parentsOf(made.plan.targets) });
      drafts.push(made);
    }
    const past = new Past();
    await tx.take(
      drafts.flatMap(
        ({ plan, open }) => pastReading(userId, plan.collection, open.flatMap(maybePast), past) ?? [],
      ),
    );
    for (const { plan, open } of drafts) for (const entry of open) settle(plan, context, entry, past);
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
