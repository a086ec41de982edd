import { AppError } from '../common/app-error.js';
import type { Sql } from '../database/sql.js';
import { clientKey, isLocalId, isUuid } from '../sync/client-key.js';
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
