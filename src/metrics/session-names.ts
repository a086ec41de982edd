import { AppError } from '../common/app-error.js';
import type { Sql } from '../database/sql.js';
import { clientKey, idOfKey, isLocalId, isUuid } from '../sync/client-key.js';
import type { SessionName } from './blob-store.js';

/**
 * Opens a statement that asks for a session: `named` is its row, deleted or not, or none if it has not arrived; `names`
 * are the keys under which samples of it may have been stored. $1 to $3 are what `nameValues` gives.
 */
export const WITH_NAMES = `
  with named as (
    select 1 as rank, server_id, client_key from workout_sessions where user_id = $1 and server_id = $2
    union all
    select 2, server_id, client_key from workout_sessions where user_id = $1 and client_key = $3
    union all
    select 3, s.server_id, s.client_key
    from record_aliases a join workout_sessions s on s.user_id = a.user_id and s.server_id = a.server_id
    where a.user_id = $1 and a.collection = 'sessions' and a.client_key = $3
    order by rank limit 1),
  names as (
    select $3::text as key
    union select client_key from named
    union select 'g:' || server_id from named
    union select a.client_key from record_aliases a join named using (server_id)
      where a.user_id = $1 and a.collection = 'sessions')`;

/** Sessions and samples that some device of the user calls by this row number. */
const LOCAL_KEYS = `
  select client_key as key from workout_sessions where user_id = $1 and client_id = $2 and local_device is not null
  union
  select client_key from record_aliases
  where user_id = $1 and collection = 'sessions' and client_id = $2 and starts_with(client_key, 'd:')
  union
  select session_key from metric_chunks
  where user_id = $1 and starts_with(session_key, 'd:') and right(session_key, length($2) + 1) = '/' || $2
  limit 2`;

/** The user, the id if it can be a server's, and the client key. */
export async function nameValues(
  sql: Sql,
  { userId, id, deviceId }: SessionName,
): Promise<[string, string | null, string]> {
  const key =
    isLocalId(id) && deviceId === undefined
      ? await findLocalKey(sql, userId, id)
      : clientKey(id, deviceId ?? '');
  return [userId, isUuid(id) ? id : null, key];
}

/** A row number without its device: fine as long as only one device has used it. */
async function findLocalKey(sql: Sql, userId: string, id: string): Promise<string> {
  const found = await sql.query<{ key: string }>({
    name: 'metrics_local_keys',
    text: LOCAL_KEYS,
    values: [userId, id],
  });
  if (found.length === 0) throw new AppError('record.unknown');
  if (found.length === 1) return found[0].key;
  const message = 'several devices have a session of this number: name the device';
  throw new AppError('request.invalid', { errors: [{ path: 'deviceId', code: 'isDefined', message }] });
}

/** Whether one of the session's keys is less than the one in hand. */
const HAS_LESSER_KEY = `exists (select from metric_chunks c where c.user_id = $1 and c.session_key < k.key
  and c.session_key = any (array(
    select s.client_key union all select 'g:' || s.server_id union all
    select a.client_key from record_aliases a
      where a.user_id = $1 and a.collection = 'sessions' and a.server_id = s.server_id)))`;

const SESSION = 'w.server_id, w.client_id, w.client_key, w.local_device';

/** $1 user, $2 last key, $3 how many → the next keys under which samples lie, each with its session. Steps from key to key. */
export const LIST_SERIES = `
  with recursive keys(key, n) as (
    (select session_key, 1 from metric_chunks where user_id = $1 and session_key > $2
      order by session_key limit 1)
    union all
    select (select c.session_key from metric_chunks c where c.user_id = $1 and c.session_key > k.key
      order by c.session_key limit 1), k.n + 1 from keys k where k.key is not null and k.n < $3)
  select k.key, s.server_id as "serverId",
    case when s.local_device is null then s.client_id else s.server_id::text end as "clientId",
    s.server_id is not null and ${HAS_LESSER_KEY} as again
  from keys k left join lateral (
    select ${SESSION} from workout_sessions w where w.user_id = $1 and w.client_key = k.key
    union all
    select ${SESSION} from workout_sessions w where w.user_id = $1 and w.server_id =
      case when k.key ~ '^g:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(k.key, 3)::uuid end
    union all
    select ${SESSION} from record_aliases a
      join workout_sessions w on w.user_id = a.user_id and w.server_id = a.server_id
      where a.user_id = $1 and a.collection = 'sessions' and a.client_key = k.key
    limit 1) s on true
  where k.key is not null order by k.key`;

/** The name under which samples came whose session has not arrived. */
export function nameOfKey(userId: string, key: string): SessionName {
  if (!key.startsWith('d:')) return { userId, id: idOfKey(key) };
  const slash = key.lastIndexOf('/');
  return { userId, id: key.slice(slash + 1), deviceId: key.slice(2, slash) };
}
