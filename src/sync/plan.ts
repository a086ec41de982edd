import type { Refusal } from '../common/compile-validator.js';
import type { Sql } from '../database/sql.js';
import { isUuid } from './client-key.js';
import type { Collection, Content, Extra, Sent } from './collection.js';
import { plainHash, type Value } from './content-hash.js';
import { decide, isNewer, type Edit } from './decide.js';
import type { Standing, Versions } from './device-state.js';
import { identify, isRefusal, type KeyChanges, type Target } from './identify.js';

/** Who pushes, when, and what is known of the pusher: everything the decisions of one push share. */
export interface PushContext {
  userId: string;
  deviceId: string;
  /** The database's wall clock, read under the lock. */
  now: number;
  standing: Standing;
  /** Versions this device was given for what it pushed with this same cursor before: it holds them, no need to look. */
  ownVersions: Versions | null;
  /** A restore by the account's owner: it knows every head. */
  knowsEverything: boolean;
}

/** One state of a record, as it would be after merging. */
export interface State extends Edit {
  sent: Sent;
  content: Content;
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
  refused: { sent: Sent; refusal: Refusal }[];
}

/** Decides about every record of one collection. Five statements at most, however many records. */
export async function plan(
  sql: Sql,
  context: PushContext,
  collection: Collection,
  sents: readonly Sent[],
): Promise<Plan> {
  const { targets, keys } = await identify(sql, context.userId, collection, sents);
  const contents = await readContents(sql, context, collection, targets);
  const result: Plan = {
    collection,
    targets,
    keys,
    changes: [],
    losses: [],
    equals: [],
    superseded: [],
    refused: [],
  };
  const open: { target: Target; states: State[]; held: Content | null }[] = [];
  for (const target of targets) {
    const held = contents.get(target.serverId) ?? null;
    const states = statesOf(target, held, context, result);
    if (states.length > 0) open.push({ target, states, held });
  }
  const accepted = new Set(open.map(({ target }) => target));
  result.targets = targets.filter((target) => target.head !== null || accepted.has(target));
  const past = await readHistory(sql, context.userId, collection, open);
  for (const { target, states, held } of open) settle(result, context, target, states, held, past);
  return result;
}

/** Heads whose content has to be looked at: all but those that were last written by the very same keys and values. */
function needsContent({ head, sents }: Target, { standing, ownVersions }: PushContext): boolean {
  if (!head) return false;
  if (sents.some(({ sentHash }) => sentHash !== head.sentHash)) return true;
  const own = ownVersions !== null && head.version >= ownVersions.from && head.version <= ownVersions.to;
  return head.version > standing.cursor && !own;
}

async function readContents(
  sql: Sql,
  context: PushContext,
  collection: Collection,
  targets: readonly Target[],
): Promise<Map<string, Content>> {
  const ids = targets.filter((target) => needsContent(target, context)).map(({ serverId }) => serverId);
  if (ids.length === 0) return new Map();
  const rows = await sql.query<unknown[]>({
    name: `contents-${collection.name}`,
    text: collection.sql.contents,
    rowMode: 'array',
    values: [context.userId, ids],
  });
  return new Map(rows.map((row) => [row[0] as string, contentOf(row, collection)]));
}

function contentOf([, extra, ...rest]: unknown[], collection: Collection): Content {
  const count = collection.fields.length;
  const values = collection.fields.map(({ kind }, index) => {
    const value = rest[index] as Value;
    if (value === null) return null;
    if (kind === 'millis') return Number(value);
    return kind === 'real' ? Math.fround(value as number) : value;
  });
  return { values, parents: rest.slice(count) as (string | null)[], extra: extra as Extra | null };
}

/**
 * The states that were sent for one record, the newest edit first; what cannot be stored is refused, what the head says
 * already is noted as equal. Where only one was sent and it was the last to make the head, nothing is even merged.
 */
function statesOf(target: Target, held: Content | null, context: PushContext, result: Plan): State[] {
  const { head, collection } = target;
  const states: State[] = [];
  for (const sent of target.sents) {
    if (head && !held) continue;
    const content = collection.merge(held, sent);
    if (isRefusal(content)) {
      result.refused.push({ sent, refusal: content });
      continue;
    }
    const claimedAt = collection.claimedAt(content);
    states.push({
      sent,
      content,
      contentHash: collection.contentHash(content),
      claimedAt,
      editedAt: Math.min(claimedAt, context.now),
      deleted: collection.isDeleted(content),
    });
  }
  if (head && !held) result.equals.push({ target, whole: true });
  // Newest first; of two that are equally new, the one that came later in the push.
  return states
    .toReversed()
    .toSorted((a, b) => (isNewer(a, b) ? -1 : isNewer(b, a) ? 1 : b.claimedAt - a.claimedAt));
}

type Past = ReadonlySet<string>;
const pastKey = (serverId: string, contentHash: string, claimedAt: number) =>
  `${serverId}/${contentHash}/${claimedAt}`;

/** Which of the sent states are in the history already. */
async function readHistory(
  sql: Sql,
  userId: string,
  collection: Collection,
  open: readonly { target: Target; states: State[] }[],
): Promise<Past> {
  const asked = open.flatMap(({ target: { head, serverId }, states }) =>
    states.flatMap(({ contentHash }) =>
      head && contentHash !== head.contentHash ? [{ serverId, contentHash }] : [],
    ),
  );
  if (asked.length === 0) return new Set();
  const rows = await sql.query<[string, string, string]>({
    name: 'states-in-history',
    text: `select v.server_id, v.content_hash, v.claimed_at from unnest($3::uuid[], $4::uuid[]) k(id, hash)
      join record_versions v on v.user_id = $1 and v.collection = $2 and v.server_id = k.id and v.content_hash = k.hash`,
    rowMode: 'array',
    values: [
      userId,
      collection.name,
      asked.map(({ serverId }) => serverId),
      asked.map(({ contentHash }) => contentHash),
    ],
  });
  return new Set(
    rows.map(([serverId, hash, claimedAt]) => pastKey(serverId, plainHash(hash), Number(claimedAt))),
  );
}

function settle(
  result: Plan,
  context: PushContext,
  target: Target,
  [newest, ...older]: State[],
  held: Content | null,
  past: Past,
): void {
  if (!newest) return;
  const { head, collection } = target;
  const inHistory = (state: State) => past.has(pastKey(target.serverId, state.contentHash, state.claimedAt));
  const seen =
    head !== null &&
    (context.knowsEverything ||
      head.version <= context.standing.cursor ||
      head.deviceId === context.deviceId);
  const outcome = decide({
    head,
    incoming: newest,
    inHistory: inHistory(newest) && !collection.isSingleton,
    // The two sides of a singleton were merged: the result is newer than both.
    seen: seen || collection.isSingleton,
  });
  if (outcome === 'equal')
    result.equals.push({ target, whole: !held || !differsFromSent(collection, newest, held) });
  else if (outcome === 'stale' || outcome === 'lost') result.superseded.push(target);
  else
    result.changes.push({
      target,
      state: newest,
      merged: held !== null && !seen && differsFromSent(collection, newest, held),
      revived: head !== null && head.deleted && !newest.deleted,
    });
  if (outcome === 'lost') result.losses.push({ target, state: newest });
  // The same record twice in one push: what is not the newest is an older edit, whoever had seen what.
  for (const state of older)
    if (
      state.contentHash !== newest.contentHash &&
      state.contentHash !== head?.contentHash &&
      !inHistory(state)
    )
      result.losses.push({ target, state });
}

/** Whether the new head says something that the device neither sent nor had seen. */
function differsFromSent(collection: Collection, { sent, content }: State, held: Content): boolean {
  if (!collection.isSingleton) return collection.addsTo(sent, held);
  return (
    collection.addsTo(sent, content) || sent.values.some((v, i) => v !== undefined && v !== content.values[i])
  );
}

/** What a child has to know of its parent. */
export interface Parent {
  serverId: string;
  clientKey: string;
}

/** Parents that are known, by every name a child may call them. */
export type Parents = Map<string, Parent>;

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
  parentCollections: ReadonlyMap<string, { collection: Collection; inPush: Parents }>,
): Promise<void> {
  for (const [place, { index, parent }] of collection.references.entries()) {
    const { collection: parentCollection, inPush } = parentCollections.get(parent) as {
      collection: Collection;
      inPush: Parents;
    };
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
