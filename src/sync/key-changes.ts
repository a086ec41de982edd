import type { Statement } from '../database/sql.js';
import type { Collection, Sent } from './collection.js';
import type { Target } from './target.js';

/** Client keys that change hands. */
export interface KeyChanges {
  /** Further names of known records. */
  aliases: { target: Target; sent: Sent }[];
  /** Heads whose row number was used anew by a reinstalled app: they go on under their server id. */
  retired: { collection: Collection; serverId: string; by: Target }[];
  /** Aliases whose row number was used anew: the key now belongs to a record of its own. */
  freed: { key: string; by: Target }[];
}

/** Writes the names that changed hands. Rare: most pushes have none, and then there is nothing to send. */
export function keyStatements(
  { userId, deviceId, now }: { userId: string; deviceId: string; now: number },
  collectionName: string,
  { aliases, retired, freed }: KeyChanges,
): Statement[] {
  const statements: Statement[] = [...new Set(retired.map((entry) => entry.collection))].map(
    (collection) => ({
      name: `retire-${collection.name}`,
      text: `update ${collection.sql.table} set client_key = 'x:' || server_id, client_id = server_id::text, local_device = null
        where user_id = $1 and server_id = any($2::uuid[])`,
      values: [
        userId,
        retired.filter((entry) => entry.collection === collection).map(({ serverId }) => serverId),
      ],
    }),
  );
  if (freed.length > 0)
    statements.push({
      name: 'free-aliases',
      text: 'delete from record_aliases where user_id = $1 and collection = $2 and client_key = any($3::text[])',
      values: [userId, collectionName, freed.map(({ key }) => key)],
    });
  const unique = new Map(
    aliases.map(({ target, sent }) => [
      `${target.collection.name}/${sent.clientKey}`,
      {
        collection: target.collection.name,
        key: sent.clientKey,
        id: sent.clientId,
        server: target.serverId,
      },
    ]),
  );
  if (unique.size === 0) return statements;
  statements.push({
    name: 'store-aliases',
    text: `insert into record_aliases (user_id, collection, client_key, client_id, server_id, device_id, created_at)
      select $1, a.collection, a.key, a.id, a.server, $4, $3::bigint
        from json_to_recordset($2::json) as a(collection text, key text, id text, server uuid)
      on conflict (user_id, collection, client_key) do update
         set client_id = excluded.client_id, server_id = excluded.server_id, device_id = excluded.device_id,
             created_at = excluded.created_at`,
    values: [userId, JSON.stringify([...unique.values()]), now, deviceId],
  });
  return statements;
}
