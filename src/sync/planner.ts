import type { Row, Sql, Statement } from '../database/sql.js';
import type { Collection, Sent } from './collection.js';
import type { Collections } from './collections.js';
import { parentColumnOf } from './collection-sql.js';
import { type HeadRow, Identification } from './identify.js';
import { readPast } from './past.js';
import { type Draft, draft, type Plan, type PushContext, readContents, settle } from './plan.js';
import { type Parents, parentsOf, References } from './references.js';

/** One collection's share of a push. */
interface Share {
  collection: Collection;
  sents: readonly Sent[];
  identification: Identification;
  references: References;
  /** What `identification` asked for, once it was read. */
  heads: readonly HeadRow[];
}

/** A kind of child of which the account has records that wait for a parent. */
export const waitingKind = (child: Collection, reference: string) => `${child.name}-${reference}`;

/**
 * Decides what a push does, in as few round trips as there are things that depend on each other: whom the records name
 * (sent together with the lock), what those heads say (only where something else was sent than what made them), what
 * the history says (only where they differ).
 */
export class Planner {
  private readonly shares: readonly Share[];
  /** See `waitingKind`. */
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
      return [
        { collection, sents: own, identification, references: new References(collection, own), heads: [] },
      ];
    });
  }

  /** Sends, in this turn, all that can be asked before anything is known. */
  async read(sql: Sql, userId: string): Promise<void> {
    await Promise.all(
      this.shares.flatMap((share) => [
        sql.query<HeadRow>(share.identification.statement(userId)).then((rows) => {
          share.heads = rows;
        }),
        share.references.look(sql, userId, this.sents, this.collections),
        ...this.collections.childrenOf(share.collection).map(async ({ child, reference }) => {
          const [found] = await sql.query<Row>(anyWaiting(userId, child, reference));
          if (found) this.waiting.add(waitingKind(child, reference));
        }),
      ]),
    );
  }

  async plan(sql: Sql, context: PushContext): Promise<Plan[]> {
    const identified = this.shares.map(({ identification, heads }) => identification.conclude(heads));
    const contents = await Promise.all(
      this.shares.map(({ collection }, n) => readContents(sql, context, collection, identified[n].targets)),
    );
    const parents = new Map<string, { collection: Collection; inPush: Parents }>();
    for (const collection of this.collections.all())
      parents.set(collection.name, { collection, inPush: new Map() });
    const drafts: Draft[] = [];
    for (const [n, { collection, references }] of this.shares.entries()) {
      await references.resolve(sql, context.userId, parents);
      const made = draft(context, collection, identified[n], contents[n], parents);
      parents.set(collection.name, { collection, inPush: parentsOf(made.plan.targets) });
      drafts.push(made);
    }
    const pasts = await Promise.all(
      drafts.map(({ plan, open }) => readPast(sql, context.userId, plan.collection, open)),
    );
    for (const [n, { plan, open }] of drafts.entries())
      for (const entry of open) settle(plan, context, entry, pasts[n]);
    return drafts.map(({ plan }) => plan);
  }
}

/** Most accounts have nobody who waits; then nobody need be looked for by name. */
function anyWaiting(userId: string, child: Collection, reference: string): Statement {
  return {
    name: `any-waiting-${waitingKind(child, reference)}`,
    text: `select 1 from ${child.sql.table} where user_id = $1 and ${parentColumnOf(reference)} is null
      and ${child.sql.referenceKeys.get(reference)} is not null limit 1`,
    values: [userId],
  };
}
