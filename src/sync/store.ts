import { parentServerIdOf } from '../common/fields.js';
import { shortestFloat } from '../common/float32.js';
import type { Sql, Statement } from '../database/sql.js';
import { idOfKey } from './client-key.js';
import type { Collection } from './collection.js';
import type { ChildKind, Collections } from './collections.js';
import type { WaitingSql } from './collection-sql.js';
import type { Change, Plan, PushContext, State } from './plan.js';
import type { Target } from './target.js';

/** Records of one version: small enough for a page of a pull, large enough that the clock stays near wall time. */
export const SLICE = 500;
export const slicesFor = (records: number) => Math.ceil(records / SLICE);

export interface Stored extends Change {
  version: number;
}

/** Puts the heads of one collection that are replaced into the history. Goes before `headStatements`. */
export function putAwayStatements(
  { userId, now }: PushContext,
  { name, sql }: Collection,
  changes: readonly Stored[],
): Statement[] {
  const replaced = changes.filter(({ target }) => target.head !== null);
  if (replaced.length === 0) return [];
  const ids = replaced.map(({ target }) => target.serverId);
  return [{ name: `put-away-${name}`, text: sql.putAway, values: [userId, ids, now] }];
}

/** Writes the new heads of one collection. */
export function headStatements(
  { userId, deviceId }: PushContext,
  collection: Collection,
  changes: readonly Stored[],
): Statement[] {
  const { name, sql } = collection;
  const kinds = [
    { name: `insert-${name}`, text: sql.insert, isNew: true },
    { name: `replace-${name}`, text: sql.replace, isNew: false },
  ];
  return kinds.flatMap(({ isNew, ...statement }) => {
    const rows = changes.filter(({ target }) => (target.head === null) === isNew);
    if (rows.length === 0) return [];
    const json = `[${rows.map((change) => rowOf(collection, change)).join(',')}]`;
    return [{ ...statement, values: [userId, json, deviceId] }];
  });
}

/**
 * One row of the statement's JSON: what the record says, as the text that was made to tell it from others, then what the
 * server knows of it.
 */
function rowOf(collection: Collection, { target, state, version }: Stored): string {
  const { content, sent } = state;
  // Put together by hand: JSON.stringify of an object takes twice the time, and most of these need no escapes.
  let known =
    `"serverId":"${target.serverId}","clientId":${JSON.stringify(target.clientId)},` +
    `"clientKey":${JSON.stringify(target.clientKey)},"version":${version},"editedAt":${state.editedAt},` +
    `"contentHash":"${state.contentHash}","sentHash":"${sent.sentHash}",` +
    `"updatedAt":${content.values[collection.updatedAt]}`;
  if (target.localDevice !== null) known += `,"localDevice":${JSON.stringify(target.localDevice)}`;
  const naturalKey = collection.naturalKeyOf(content);
  if (naturalKey !== null) known += `,"naturalKey":"${naturalKey}"`;
  if (content.extra !== null) known += `,"extra":${JSON.stringify(content.extra)}`;
  for (const [place, { name }] of collection.references.entries()) {
    const parent = content.parents[place];
    if (parent !== null) known += `,"${parentServerIdOf(name)}":"${parent}"`;
  }
  // JSON.stringify drops the sign of -0, which phones do send; PostgreSQL reads it from a text.
  for (const index of collection.realIndexes)
    if (Object.is(content.values[index], -0)) known += `,"${collection.fields[index].name}":"-0"`;
  // Of a key that is there twice PostgreSQL takes the last.
  return state.text === '{}' ? `{${known}}` : `${state.text.slice(0, -1)},${known}}`;
}

/** The record as the history shows it. References by server id, which every device can resolve. */
export function wireOf(
  collection: Collection,
  { target, content }: { target: Target; content: State['content'] },
): object {
  const values = collection.named(content);
  for (const { name, kind } of collection.fields)
    if (kind === 'real' && typeof values[name] === 'number')
      values[name] = shortestFloat(Math.fround(values[name]));
  for (const [place, { name }] of collection.references.entries()) {
    const key = values[name];
    values[name] = content.parents[place] ?? (typeof key === 'string' ? idOfKey(key) : null);
  }
  const clientId = target.localDevice === null ? target.clientId : target.serverId;
  return {
    clientId,
    ...(collection.isSingleton ? {} : { serverId: target.serverId }),
    ...values,
    ...content.extra,
  };
}

/** Appends the states that lost, of all collections, in one statement. */
export function lossStatements({ userId, deviceId, now }: PushContext, plans: readonly Plan[]): Statement[] {
  const rows = plans.flatMap(({ collection, losses }) =>
    losses.map(({ target, state }) => ({
      collection: collection.name,
      server: target.serverId,
      hash: state.contentHash,
      sent: state.sent.sentHash,
      claimed: state.claimedAt,
      edited: state.editedAt,
      content: wireOf(collection, { target, content: state.content }),
    })),
  );
  if (rows.length === 0) return [];
  return [
    {
      name: 'store-losses',
      // The number of the last version is found once per record, not once per state.
      text: `with l as materialized (
        select * from json_to_recordset($2::json) as
          l(collection text, server uuid, hash uuid, sent uuid, claimed bigint, edited bigint, content json)),
      last as materialized (
        select d.collection, d.server, coalesce((select max(v.version) from record_versions v
            where v.user_id = $1 and v.collection = d.collection and v.server_id = d.server), 0) as version
          from (select distinct collection, server from l) d)
      insert into record_versions (user_id, collection, server_id, version, content_hash, sent_hash, claimed_at,
        edited_at, device_id, reason, stored_at, content)
      select $1, l.collection, l.server,
        last.version + row_number() over (partition by l.collection, l.server order by l.edited),
        l.hash, l.sent, l.claimed, l.edited, $3, 'lost', $4::bigint, l.content
      from l join last on last.collection = l.collection and last.server = l.server
      on conflict do nothing`,
      values: [userId, JSON.stringify(rows), deviceId, now],
    },
  ];
}

/** A child whose parent has arrived, or is live again: it takes a new version, so that everybody is sent it. */
export interface Released extends ChildKind {
  serverId: string;
  /** Server id of the parent; null where only the version changes. */
  parent: string | null;
}

/**
 * Finds the children that the records of a push release: one statement per kind of child, none if nothing can be.
 * @param waiting kinds of children of which some wait for a parent
 */
export async function findReleased(
  sql: Sql,
  userId: string,
  { collections, waiting }: { collections: Collections; waiting: ReadonlySet<string> },
  plans: readonly Plan[],
): Promise<Released[]> {
  const released: Released[] = [];
  for (const plan of plans) {
    const revived = plan.changes.filter((change) => change.revived).map(({ target }) => target.serverId);
    const kinds = collections
      .childrenOf(plan.collection)
      .filter(({ kind }) => revived.length > 0 || waiting.has(kind));
    const names = kinds.length > 0 ? namesThatArrived(plan) : new Map<string, { serverId: string }>();
    if (names.size + revived.length === 0) continue;
    for (const kind of kinds) {
      const rows = await sql.query<{ server_id: string; key: string; waiting: boolean }>({
        name: `waiting-${kind.kind}`,
        text: waitingOf(kind).of,
        values: [userId, [...names.keys()], revived],
      });
      for (const { server_id: serverId, key, waiting: waits } of rows)
        released.push({ ...kind, serverId, parent: waits ? (names.get(key)?.serverId ?? null) : null });
    }
  }
  if (released.length === 0) return released;
  const changed = new Set(plans.flatMap(({ changes }) => changes.map(({ target }) => target.serverId)));
  return released.filter(({ serverId }) => !changed.has(serverId));
}

export function waitingOf({ child, reference }: ChildKind): WaitingSql {
  const found = child.sql.waiting.get(reference);
  if (!found) throw new Error(`${child.name} has no reference ${reference}`);
  return found;
}

/** Every name under which a parent is known only since this push. */
function namesThatArrived({ changes, keys }: Plan): Map<string, { serverId: string }> {
  const created = changes.filter(({ target }) => target.head === null).map(({ target }) => target);
  const names = new Map(
    created.flatMap((target) =>
      [target.clientKey, ...target.sents.map((sent) => sent.clientKey)].map((name) => [name, target]),
    ),
  );
  for (const { target, sent } of keys.aliases) names.set(sent.clientKey, target);
  return names;
}

/** Gives the released children their versions; and their parents, where new. */
export function releaseStatements(
  userId: string,
  released: readonly Released[],
  versionOf: ReadonlyMap<string, number>,
): Statement[] {
  const kinds = new Map(released.map((entry) => [entry.kind, entry]));
  return Array.from(kinds, ([name, kind]) => {
    const rows = released
      .filter((entry) => entry.kind === name)
      .map(({ serverId, parent }) => ({ id: serverId, version: versionOf.get(serverId), parent }));
    return {
      name: `release-${name}`,
      text: waitingOf(kind).release,
      values: [userId, JSON.stringify(rows)],
    };
  });
}
