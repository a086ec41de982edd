import type { Refusal } from '../common/compile-validator.js';
import type { Reading } from '../database/sql.js';
import { type Collection, type Content, type Extra, type Sent, storedValue } from './collection.js';
import type { Value } from './content-hash.js';
import { decide, isNewer, type Edit } from './decide.js';
import type { Mark, Standing, Versions } from './device-state.js';
import { type Identified, isRefusal } from './identify.js';
import type { KeyChanges } from './key-changes.js';
import type { Past, StateKey } from './past.js';
import { type ParentCollections, settleReferences } from './references.js';
import type { Head, Target } from './target.js';

/** Who pushes, when, and what is known of the pusher: everything the decisions of one push share. */
export interface PushContext {
  userId: string;
  deviceId: string;
  /** The database's wall clock, read under the lock. */
  now: number;
  standing: Standing;
  /** Versions this device was given for what it pushed with this same cursor before: it holds them, no need to look. */
  ownVersions: Versions | null;
  /** Heads this device is still owed, by server id: it does not hold them even where it wrote them. */
  owed: ReadonlyMap<string, Mark>;
  /**
   * Which heads the sender had seen: those up to its cursor, as a phone; every one, as the account's owner who restores a
   * state; none, where something is told late.
   */
  knows: 'cursor' | 'everything' | 'nothing';
  /** When records that are told late were received, by what was sent; all others are received now. */
  receivedAt?: ReadonlyMap<unknown, number>;
}

/** One state of a record, as it would be after merging. */
export interface State extends Edit {
  sent: Sent;
  content: Content;
  /** As in `Said`. */
  text: string;
  claimedAt: number;
}

/** A state that becomes the head. */
export interface Change {
  target: Target;
  state: State;
  /** The device does not hold all of it: it was merged with a head it had not seen. */
  merged: boolean;
  /** The record was deleted and is live again: its children must reach those who were never sent them. */
  revived: boolean;
}

/** What one collection's share of a push does. */
export interface Plan {
  collection: Collection;
  targets: Target[];
  keys: KeyChanges;
  changes: Change[];
  /** States that go straight to the history. */
  losses: { target: Target; state: State }[];
  /** Heads that say what was sent already. `whole`: the head says nothing beyond it. */
  equals: { target: Target; whole: boolean }[];
  /** Heads that won over what was sent. */
  superseded: Target[];
  /** Heads that say what was sent, but not exactly so: at another time, under another id, or more besides. */
  inexact: Target[];
  refused: { sent: Sent; refusal: Refusal }[];
  /** Records that were changed elsewhere without this device knowing: whose state became or stayed the head. */
  conflicts: { sent: number; stored: number; merged: number };
}

/** What one collection's share of a push does, while some of it is still to be decided. */
export interface Draft {
  plan: Plan;
  open: Open[];
}

/** Makes the states that were sent for the records of one collection; `settle` decides about them. */
export function draft(
  context: PushContext,
  collection: Collection,
  { targets, keys }: Identified,
  contents: ReadonlyMap<string, Content>,
  parents: ParentCollections,
): Draft {
  const plan: Plan = {
    collection,
    targets,
    keys,
    changes: [],
    losses: [],
    equals: [],
    superseded: [],
    inexact: [],
    refused: [],
    conflicts: { sent: 0, stored: 0, merged: 0 },
  };
  const open: Open[] = [];
  for (const target of targets) {
    const held = contents.get(target.serverId) ?? null;
    const states = statesOf({ target, held, parents }, context, plan);
    if (states.length > 0) open.push({ target, states, held });
    // Where only the very keys and values were sent that made the head, nothing is even merged.
    else if (target.head) plan.equals.push({ target, whole: !context.owed.has(target.serverId) });
    if (isRenamed(target, context) || target.sents.length > 1) plan.inexact.push(target);
  }
  const accepted = new Set(open.map(({ target }) => target));
  plan.targets = targets.filter((target) => target.head !== null || accepted.has(target));
  // A record that is refused takes no number from another.
  plan.keys = {
    ...keys,
    retired: keys.retired.filter(({ by }) => by.head !== null || accepted.has(by)),
    freed: keys.freed.filter(({ by }) => accepted.has(by)),
  };
  return { plan, open };
}

/** A record with states to decide about, the newest first. */
export interface Open {
  target: Target;
  states: State[];
  /** What the head says; null where there is none. */
  held: Content | null;
}

/** Heads whose content has to be looked at: all but those that were last written by the very same keys and values. */
function needsContent({ collection, head, sents }: Target, { standing, ownVersions }: PushContext): boolean {
  if (!head) return false;
  // What made it was merged with what it was: the same again is not all that it says.
  if (collection.isSingleton) return true;
  if (sents.some(({ sentHash }) => sentHash !== head.sentHash)) return true;
  const own = ownVersions !== null && head.version >= ownVersions.from && head.version <= ownVersions.to;
  return head.version > standing.cursor && !own;
}

/** What those heads say; null where nothing has to be read. */
export function contentsReading(
  context: PushContext,
  collection: Collection,
  targets: readonly Target[],
  contents: Map<string, Content>,
): Reading | null {
  const ids = targets.filter((target) => needsContent(target, context)).map(({ serverId }) => serverId);
  if (ids.length === 0) return null;
  return {
    statement: {
      name: `contents-${collection.name}`,
      text: collection.sql.contents,
      rowMode: 'array',
      values: [context.userId, ids],
    },
    take: (rows) => {
      for (const row of rows) contents.set(row[0] as string, contentOf(row, collection));
    },
  };
}

function contentOf([, extra, ...rest]: unknown[], collection: Collection): Content {
  const count = collection.fields.length;
  const values = collection.fields.map((field, index) => storedValue(field, rest[index] as Value));
  return { values, parents: rest.slice(count) as (string | null)[], extra: extra as Extra | null };
}

/**
 * The states that were sent for one record, the newest edit first; what cannot be stored is refused. States of a record
 * that is new build on each other in the order of their edits: a phone may send it whole and then what changed.
 */
function statesOf(
  { target, held, parents }: { target: Target; held: Content | null; parents: ParentCollections },
  context: PushContext,
  result: Plan,
): State[] {
  const { head, collection } = target;
  if (head && !held) return [];
  const states: State[] = [];
  let base = held;
  for (const sent of inOrderOfEdits(target.sents)) {
    const content = collection.merge(base, sent, { exact: context.knows === 'everything' });
    if (isRefusal(content)) {
      result.refused.push({ sent, refusal: content });
      continue;
    }
    settleReferences(collection, content, held, parents);
    const said = (base === null && sent.said) || collection.say(content);
    const claimedAt = collection.claimedAt(content);
    states.push({
      sent,
      content,
      text: said.text,
      contentHash: head && held && collection.isSame(content, held) ? head.contentHash : said.hash,
      claimedAt,
      editedAt: Math.min(claimedAt, context.receivedAt?.get(sent.raw) ?? context.now),
      deleted: collection.isDeleted(content),
    });
    if (!head) base = content;
  }
  if (states.length < 2) return states;
  // Newest first; of two that are equally new, the one that came later in the push.
  return states
    .toReversed()
    .toSorted((a, b) => (isNewer(a, b) ? -1 : isNewer(b, a) ? 1 : b.claimedAt - a.claimedAt));
}

function inOrderOfEdits(sents: readonly Sent[]): readonly Sent[] {
  if (sents.length < 2) return sents;
  return sents.toSorted((a, b) => a.collection.sentAt(a) - b.collection.sentAt(b));
}

/**
 * Edits of one known record in one push build on each other, like those of a new one; but for what is in the history
 * already, which must not come back by this.
 */
function builtOnEachOther(
  { target, states, held }: Open,
  inHistory: (state: State) => boolean,
  exact: boolean,
): State[] {
  const { collection, head } = target;
  if (!head || !held || states.length < 2) return states;
  const [newest, ...older] = states;
  const fresh = states.filter((state) => !inHistory(state)).toReversed();
  if (fresh.length < 2 || fresh.at(-1) !== newest) return states;
  let content = held;
  for (const { sent } of fresh) {
    const merged = collection.merge(content, sent, { exact });
    if (!isRefusal(merged)) content = merged;
  }
  const { text, hash } = collection.say(content);
  const contentHash = collection.isSame(content, held) ? head.contentHash : hash;
  return [{ ...newest, content, text, contentHash }, ...older];
}

const keyOf = ({ serverId }: Target, { contentHash, claimedAt, sent }: State): StateKey => ({
  serverId,
  contentHash,
  claimedAt,
  sentHash: sent.sentHash,
});

/** What the history has to be asked for: states that differ from a head. */
export function maybePast({ target, states }: Open): StateKey[] {
  const { head } = target;
  if (!head) return [];
  return states
    .filter(({ contentHash }) => contentHash !== head.contentHash)
    .map((state) => keyOf(target, state));
}

function hasSeen({ knows, standing, deviceId }: PushContext, head: Head): boolean {
  if (knows !== 'cursor') return knows === 'everything';
  return head.version <= standing.cursor || head.deviceId === deviceId;
}

/** Decides about the states of one record. */
export function settle(result: Plan, context: PushContext, open: Open, past: Past): void {
  const { target, held } = open;
  const { head, collection, serverId } = target;
  const inHistory = (state: State) => !past.isEmpty && past.has(keyOf(target, state));
  const [newest, ...older] = builtOnEachOther(open, inHistory, context.knows === 'everything');
  const seen = head !== null && hasSeen(context, head);
  const outcome = decide({
    head,
    incoming: newest,
    inHistory: inHistory(newest) && !collection.isSingleton,
    // The two sides of a singleton were merged: the result is newer than both.
    seen: seen || collection.isSingleton,
  });
  if (outcome === 'equal') {
    const whole = !held || !differsFromSent(collection, newest, held);
    result.equals.push({ target, whole });
    const isSameTime = held?.values[collection.updatedAt] === newest.content.values[collection.updatedAt];
    if (!whole || !isSameTime) result.inexact.push(target);
  } else if (outcome === 'stale' || outcome === 'lost') result.superseded.push(target);
  else {
    const holdsHead = seen && context.owed.get(serverId)?.headVersion !== head?.version;
    const merged =
      held !== null && (collection.isSingleton || !holdsHead) && differsFromSent(collection, newest, held);
    const { sent, content } = newest;
    const isSameTime = sent.values[collection.updatedAt] === content.values[collection.updatedAt];
    if (merged || !isSameTime) result.inexact.push(target);
    if (merged) result.conflicts.merged++;
    else if (head !== null && !seen && !collection.isSingleton) result.conflicts.sent++;
    result.changes.push({
      target,
      state: newest,
      merged,
      revived: head !== null && head.deleted && !newest.deleted,
    });
  }
  if (outcome === 'lost') {
    result.losses.push({ target, state: newest });
    result.conflicts.stored++;
  }
  // The same record twice in one push: what is not the newest is an older edit, whoever had seen what.
  for (const state of older)
    if (
      state.contentHash !== newest.contentHash &&
      state.contentHash !== head?.contentHash &&
      !inHistory(state)
    )
      result.losses.push({ target, state });
}

/**
 * Whether the head is known by another id than one it was sent under. Another device's row number is known here by the
 * server id.
 */
function isRenamed({ head, sents }: Target, { deviceId }: PushContext): boolean {
  if (head === null) return false;
  const isForeign = head.localDevice !== null && head.localDevice !== deviceId;
  const shown = isForeign ? `g:${head.serverId}` : head.clientKey;
  return sents.some(({ clientKey }) => clientKey !== shown);
}

/** Whether the new head says something that the device neither sent nor had seen. */
function differsFromSent(collection: Collection, { sent, content }: State, held: Content): boolean {
  if (!collection.isSingleton) return collection.addsTo(sent, held);
  return (
    collection.addsTo(sent, content) ||
    sent.values.some((v, i) => v !== undefined && i !== collection.updatedAt && v !== content.values[i])
  );
}
