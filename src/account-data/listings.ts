import type { Sql } from '../database/sql.js';
import { seenBy } from '../sync/collection-sql.js';
import type { Collection } from '../sync/collection.js';
import type { Collections } from '../sync/collections.js';
import { historyFile, recordsFile, REJECTED } from './format.js';

/** Rows of one statement: a record may have up to 250,000 characters, so even the longest are held by any memory. */
const PAGE_ROWS = 100;
const NIL = '00000000-0000-0000-0000-000000000000';

/** A file that is a list: how its lines are read, in the order of a key that no row ever changes. */
export interface Listing {
  file: string;
  /** $1 the user, then the last key read, then how many → the key's columns and the line's JSON. */
  text: string;
  /** Before the first key. */
  start: readonly (string | number)[];
}

/** Everything of an account that is a list of JSON values, in the order in which it has to be read; see `Listings.all`. */
export function listingsOf(collections: Collections): Listing[] {
  const tables = new Map(collections.all().map(({ name, sql }) => [name, sql.table]));
  return [
    // Children before their parents: whoever is read has its parent among those who are read later. And heads before
    // their history: a head that is replaced in between is then in both, and never in neither.
    ...collections.all().toReversed().map(headsOf),
    ...collections.all().map((collection) => historyOf(collection, tables)),
    DEVICES,
    OTHER_IDS,
    PURCHASES,
    QUARANTINE,
  ];
}

/** The lines of a list, a page at a time. Each page is a statement of its own: nothing is held while the reader waits. */
export async function* linesOf(
  sql: Sql,
  userId: string,
  { file, text, start }: Listing,
): AsyncGenerator<string[]> {
  let after: readonly unknown[] = start;
  for (;;) {
    const rows = await sql.query<unknown[]>({
      name: `export-${file}`,
      text,
      rowMode: 'array',
      values: [userId, ...after, PAGE_ROWS],
    });
    if (rows.length > 0) yield rows.map((row) => row[start.length] as string);
    if (rows.length < PAGE_ROWS) return;
    after = (rows.at(-1) as unknown[]).slice(0, start.length);
  }
}

/** `'{"name":' || expression || … || '}'`, so that what is JSON already stays the very text it is. */
function line(members: Readonly<Record<string, string>>): string {
  const parts = Object.entries(members).map(
    ([name, expression], n) =>
      `'${n === 0 ? '{' : ','}"${name}":' || coalesce((${expression})::text, 'null')`,
  );
  return `${parts.join(' || ')} || '}'`;
}

function headsOf({ name, sql: { table, wire } }: Collection): Listing {
  const json = line({
    serverId: 'to_json(h.server_id)',
    version: 'h.version',
    editedAt: 'h.edited_at',
    deviceId: 'to_json(h.device_id)',
    record: seenBy(wire.json, 'null'),
  });
  return {
    file: recordsFile(name),
    text: `select h.server_id, ${json} from ${table} h ${seenBy(wire.joins, 'null')}
      where h.user_id = $1 and h.server_id > $2::uuid order by h.server_id limit $3`,
    start: [NIL],
  };
}

const UUID = `'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`;

/**
 * In the history a parent may be named by its server id, which means nothing in another account: it is named as in the
 * parent's own file instead.
 */
function historyOf(collection: Collection, tables: ReadonlyMap<string, string>): Listing {
  const parents = collection.references.map(({ name, parent }, n) => {
    const named = `v.content ->> '${name}'`;
    return {
      join: `left join lateral (select case when p.local_device is null then p.client_id else p.server_id::text end as id
          from ${tables.get(parent)} p where p.user_id = v.user_id
            and p.server_id = case when ${named} ~ ${UUID} then (${named})::uuid end) p${n} on true`,
      differs: `p${n}.id <> ${named}`,
      renamed: `case when p${n}.id is null then '{}'::jsonb else jsonb_build_object('${name}', p${n}.id) end`,
    };
  });
  const content =
    parents.length === 0
      ? 'v.content'
      : `case when ${parents.map(({ differs }) => `coalesce(${differs}, false)`).join(' or ')}
          then (${['v.content::jsonb', ...parents.map(({ renamed }) => renamed)].join(' || ')})::text
          else v.content::text end`;
  const json = line({
    serverId: 'to_json(v.server_id)',
    version: 'v.version',
    reason: 'to_json(v.reason)',
    deviceId: 'to_json(v.device_id)',
    editedAt: 'v.edited_at',
    storedAt: 'v.stored_at',
    record: content,
  });
  return {
    file: historyFile(collection.name),
    text: `select v.server_id, v.version, ${json} from record_versions v ${parents.map(({ join }) => join).join(' ')}
      where v.user_id = $1 and v.collection = '${collection.name}' and v.content is not null
        and (v.server_id, v.version) > ($2::uuid, $3::int) order by v.server_id, v.version limit $4`,
    start: [NIL, 0],
  };
}

const DEVICES: Listing = {
  file: 'devices.json',
  text: `select d.device_id, json_build_object('deviceId', d.device_id, 'deviceName', d.device_name,
      'platform', d.platform, 'createdAt', d.created_at, 'lastSyncAt', d.last_sync_at, 'revokedAt', d.revoked_at)::text
    from sync_devices d where d.user_id = $1 and d.device_id > $2 order by d.device_id limit $3`,
  start: [''],
};

const OTHER_IDS: Listing = {
  file: 'other-ids.json',
  text: `select a.collection, a.client_key, json_build_object('collection', a.collection, 'serverId', a.server_id,
      'clientId', a.client_id, 'deviceId', a.device_id, 'createdAt', a.created_at)::text
    from record_aliases a where a.user_id = $1 and (a.collection, a.client_key) > ($2, $3)
    order by a.collection, a.client_key limit $4`,
  start: ['', ''],
};

/** Who else had a part in a transfer is nobody's to learn. */
const PURCHASES: Listing = {
  file: 'purchases.json',
  text: `select b.event_id, json_build_object('type', b.type, 'at', b.event_at, 'store', b.store, 'productId', b.product_id,
      'transactionId', b.transaction_id, 'purchasedAt', b.purchased_at, 'expiresAt', b.expires_at,
      'graceUntil', b.grace_until, 'entitlements', b.entitlements, 'reason', b.reason)::text
    from billing_events b where b.user_id = $1 and b.event_id > $2 order by b.event_id limit $3`,
  start: [''],
};

/** The record is JSON as it was sent, and may hold what PostgreSQL's own JSON cannot. */
const QUARANTINE: Listing = {
  file: REJECTED,
  text: `select r.id, ${line({
    id: 'to_json(r.id)',
    collection: 'to_json(r.collection)',
    clientId: 'to_json(r.client_id)',
    deviceId: 'to_json(r.device_id)',
    code: 'to_json(r.code)',
    field: 'to_json(r.field)',
    message: 'to_json(r.message)',
    receivedAt: 'r.received_at',
    record: 'r.record',
  })} from rejected_records r where r.user_id = $1 and r.id > $2::uuid order by r.id limit $3`,
  start: [NIL],
};

/** The account itself: no password, no token, not even their hashes. */
export const ACCOUNT = {
  file: 'account.json',
  text: `select json_build_object(
      'id', u.id, 'email', u.email, 'displayName', u.display_name, 'createdAt', u.created_at, 'updatedAt', u.updated_at,
      'lastLoginAt', u.last_login_at, 'emailConfirmedAt', u.email_confirmed_at,
      'subscription', json_build_object('status', u.subscription_status, 'expiresAt', u.subscription_expires_at),
      'signIns', (select coalesce(json_agg(s order by s."createdAt"), '[]') from (
        select created_at as "createdAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"
          from auth_sessions where user_id = $1 order by created_at desc limit 1000) s))::text as account,
      c.clock::float8 as clock
    from users u join sync_clock c on c.user_id = u.id where u.id = $1`,
};
