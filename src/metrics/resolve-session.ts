import { AppError } from '../common/app-error.js';
import type { Sql } from '../database/sql.js';
import { clientKey, isLocalId, isUuid } from '../sync/client-key.js';

/** How a request names a session: its server's or a client's id, and for a phone's row number whose it is. */
export interface SessionName {
  userId: string;
  id: string;
  deviceId?: string;
}

/** All names under which samples of one session may have been stored. */
export interface Session {
  /** Whether the session itself has arrived; if not, `keys` is just the name that was asked for. */
  known: boolean;
  /** The name that new samples go under. */
  key: string;
  keys: string[];
}

const RESOLVE = `
  with named as (
    select 1 as rank, server_id, client_key from workout_sessions where user_id = $1 and server_id = $2
    union all
    select 2, server_id, client_key from workout_sessions where user_id = $1 and client_key = $3
    union all
    select 3, s.server_id, s.client_key
    from record_aliases a join workout_sessions s on s.user_id = a.user_id and s.server_id = a.server_id
    where a.user_id = $1 and a.collection = 'sessions' and a.client_key = $3
    order by rank limit 1)
  select server_id as "serverId", client_key as "clientKey",
    array(select a.client_key from record_aliases a
      where a.user_id = $1 and a.collection = 'sessions' and a.server_id = named.server_id) as aliases
  from named`;

interface Named {
  serverId: string;
  clientKey: string;
  aliases: string[];
}

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

/** Finds a session, deleted or not, by any of its names. Another user's session is as unknown as one that never was. */
export async function resolveSession(sql: Sql, { userId, id, deviceId }: SessionName): Promise<Session> {
  const key =
    isLocalId(id) && deviceId === undefined
      ? await findLocalKey(sql, userId, id)
      : clientKey(id, deviceId ?? '');
  const values = [userId, isUuid(id) ? id : null, key];
  const [named] = await sql.query<Named>({ name: 'metrics_session', text: RESOLVE, values });
  if (!named) return { known: false, key, keys: [key] };
  const { serverId, clientKey: canonical, aliases } = named;
  return {
    known: true,
    key: canonical,
    keys: [...new Set([canonical, clientKey(serverId, ''), ...aliases])],
  };
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
