import { parentServerIdOf } from '../common/fields.js';
import { shortestFloat } from '../common/float32.js';
import type { Sql } from '../database/sql.js';
import { idOfKey } from './client-key.js';
import type { Collection } from './collection.js';
import type { Collections } from './collections.js';
import { parentColumnOf } from './collection-sql.js';
import type { Change, Plan, PushContext, State } from './plan.js';
import type { Target } from './identify.js';

/** Records of one version: small enough for a page of a pull, large enough that the clock stays near wall time. */
export const SLICE = 500;
export const slicesFor = (records: number) => Math.ceil(records / SLICE);

export interface Stored extends Change {
  version: number;
}

/** Puts the replaced heads of one collection into the history, then writes the new heads: two statements. */
export async function storeHeads(
  sql: Sql,
  { userId, deviceId, now }: PushContext,
  collection: Collection,
  changes: readonly Stored[],
): Promise<void> {
  const replaced = changes.filter(({ target }) => target.head !== null).map(({ target }) => target.serverId);
  if (replaced.length > 0)
    await sql.query({
      name: `put-away-${collection.name}`,
      text: collection.sql.putAway,
      values: [userId, replaced, now],
    });
  await sql.query({
    name: `store-${collection.name}`,
    text: collection.sql.store,
    values: [userId, JSON.stringify(changes.map((change) => rowOf(collection, deviceId, change)))],
  });
}

function rowOf(collection: Collection, deviceId: string, { target, state, version }: Stored): object {
  const { content, sent } = state;
  const row: Record<string, unknown> = {
    serverId: target.serverId,
    clientId: target.clientId,
    clientKey: target.clientKey,
    localDevice: target.localDevice,
    deviceId,
    version,
    editedAt: state.editedAt,
    contentHash: state.contentHash,
    sentHash: sent.sentHash,
    naturalKey: collection.naturalKeyOf(content),
    extra: content.extra,
  };
  collection.fields.forEach(({ name }, index) => {
    const value = content.values[index];
    // A null need not be sent: json_to_recordset gives null for an absent key. JSON.stringify drops the sign of -0,
    // which phones do send; PostgreSQL reads it from a text.
    if (value !== null) row[name] = Object.is(value, -0) ? '-0' : value;
  });
  collection.references.forEach(({ name }, place) => {
    row[parentServerIdOf(name)] = content.parents[place];
  });
  return row;
}

/** The record as the history shows it. References by server id, which every device can resolve. */
function wireOf(
  collection: Collection,
  { target, content }: { target: Target; content: State['content'] },
): object {
  const values = collection.named(content);
  for (const { name, kind } of collection.fields)
    if (kind === 'real' && typeof values[name] === 'number') values[name] = shortestFloat(values[name]);
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
export async function storeLosses(
  sql: Sql,
  { userId, deviceId, now }: PushContext,
  plans: readonly Plan[],
): Promise<void> {
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
  if (rows.length === 0) return;
  await sql.query({
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
  });
}

/** A child whose parent has arrived, or is live again: it takes a new version, so that everybody is sent it. */
export interface Released {
  child: Collection;
  reference: string;
  serverId: string;
  /** Server id of the parent; null where only the version changes. */
  parent: string | null;
}

/** Finds the children that the records of a push release: one statement per kind of child, none if nothing can be. */
export async function findReleased(
  sql: Sql,
  userId: string,
  collections: Collections,
  plans: readonly Plan[],
): Promise<Released[]> {
  const changed = new Set(plans.flatMap(({ changes }) => changes.map(({ target }) => target.serverId)));
  const released: Released[] = [];
  for (const plan of plans) {
    const names = namesThatArrived(plan);
    const revived = plan.changes.filter((change) => change.revived).map(({ target }) => target.serverId);
    if (names.size === 0 && revived.length === 0) continue;
    for (const { child, reference } of collections.childrenOf(plan.collection)) {
      const rows = await sql.query<{ server_id: string; key: string; waiting: boolean }>({
        name: `waiting-${child.name}-${reference}`,
        text: waitingSql(child, reference),
        values: [userId, [...names.keys()], revived],
      });
      for (const { server_id: serverId, key, waiting } of rows)
        if (!changed.has(serverId))
          released.push({
            child,
            reference,
            serverId,
            parent: waiting ? (names.get(key)?.serverId ?? null) : null,
          });
    }
  }
  return released;
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

function waitingSql(child: Collection, reference: string): string {
  const field = child.fields.find(({ name }) => name === reference);
  if (!field) throw new Error(`${child.name} has no reference ${reference}`);
  const parent = parentColumnOf(reference);
  const key = child.sql.referenceKeys.get(reference) as string;
  const { table } = child.sql;
  return `select h.server_id, h.${key} as key, true as waiting from unnest($2::text[]) k(id)
      join ${table} h on h.user_id = $1 and h.${key} = k.id where h.${parent} is null
    union all
    select h.server_id, h.${key}, false from unnest($3::uuid[]) k(id)
      join ${table} h on h.user_id = $1 and h.${parent} = k.id`;
}

/** Gives the released children their versions, from `from` on, a slice each; and their parents, where new. */
export async function storeReleased(
  sql: Sql,
  userId: string,
  released: readonly Released[],
  versionOf: ReadonlyMap<string, number>,
): Promise<void> {
  const kinds = new Map(
    released.map(({ child, reference }) => [`${child.name}-${reference}`, { child, reference }]),
  );
  for (const [name, { child, reference }] of kinds) {
    const group = released.filter((entry) => entry.child === child && entry.reference === reference);
    const parent = parentColumnOf(reference);
    await sql.query({
      name: `release-${name}`,
      // The name the child calls its parent by stays as it is: it is part of what the child says.
      text: `update ${child.sql.table} h set version = r.version, ${parent} = coalesce(r.parent, h.${parent})
        from json_to_recordset($2::json) as r(id uuid, version bigint, parent uuid)
        where h.user_id = $1 and h.server_id = r.id`,
      values: [
        userId,
        JSON.stringify(
          group.map((entry) => ({
            id: entry.serverId,
            version: versionOf.get(entry.serverId),
            parent: entry.parent,
          })),
        ),
      ],
    });
  }
}
