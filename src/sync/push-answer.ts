import type { Sql } from '../database/sql.js';
import { seenBy } from './collection-sql.js';
import type { Collections } from './collections.js';
import type { Plan } from './plan.js';
import { clientIdOf, type Rejected } from './quarantine.service.js';

/** What a push did, before it is written as JSON. */
export interface PushResult {
  syncTime: number;
  epoch: number;
  idMappings: Record<string, Record<string, string>>;
  receipt: number;
  rejected: Rejected[];
  /** Winning heads, as JSON texts. */
  superseded: { collection: string; record: string }[];
}

export const rejectedOf = ({ collection, refused }: Plan): Rejected[] =>
  refused.map(({ sent, refusal }) => ({ collection: collection.name, raw: sent.raw, ...refusal }));

/** Every id that was accepted, by the very string that was sent. */
export function mappingsOf(
  collections: Collections,
  plans: readonly Plan[],
): Record<string, Record<string, string>> {
  const mappings: Record<string, Record<string, string>> = {};
  for (const { name, isSingleton } of collections.all()) {
    if (isSingleton) continue;
    const made = plans.find(({ collection }) => collection.name === name);
    const refused = new Set(made?.refused.map(({ sent }) => sent));
    mappings[name] = Object.fromEntries(
      (made?.targets ?? []).flatMap(({ sents, serverId }) =>
        sents.filter((sent) => !refused.has(sent)).map(({ clientId }) => [clientId, serverId]),
      ),
    );
  }
  return mappings;
}

/** Which of the records the device has a name of its own for: it is shown that one, whatever it sent. */
async function ownNamed(
  sql: Sql,
  { collection, targets }: Plan,
  { userId, deviceId }: { userId: string; deviceId: string },
): Promise<string[]> {
  if (!collection.definition.naturalKey || targets.length === 0) return [];
  const rows = await sql.query<{ id: string }>({
    name: 'own-named',
    text: `select distinct a.server_id as id from unnest($3::uuid[]) k(id)
      join record_aliases a on a.user_id = $1 and a.collection = $2 and a.server_id = k.id and a.device_id = $4`,
    values: [userId, collection.name, targets.map(({ serverId }) => serverId), deviceId],
  });
  return rows.map(({ id }) => id);
}

/** @param exactly whether the client wants to know every head that is not exactly what it sent */
export async function readSuperseded(
  sql: Sql,
  { userId, deviceId }: { userId: string; deviceId: string },
  plans: readonly Plan[],
  exactly: boolean,
) {
  const found: { collection: string; record: string }[] = [];
  for (const plan of plans) {
    const { collection, superseded, inexact } = plan;
    const told = new Set(superseded.map(({ serverId }) => serverId));
    if (exactly)
      for (const id of [
        ...inexact.map(({ serverId }) => serverId),
        ...(await ownNamed(sql, plan, { userId, deviceId })),
      ])
        told.add(id);
    if (told.size === 0) continue;
    const { wire, table } = collection.sql;
    const rows = await sql.query<{ record: string }>({
      name: `superseded-${collection.name}`,
      text: seenBy(
        `select ${wire.json} as record from unnest($2::uuid[]) k(id)
          join ${table} h on h.user_id = $1 and h.server_id = k.id ${wire.joins} where $3::text is not null`,
        '$3::text',
      ),
      values: [userId, [...told], deviceId],
    });
    for (const { record } of rows) found.push({ collection: collection.name, record });
  }
  return found;
}

/** The answer as JSON text. The winning heads are JSON already; parsing them only to print them again would cost. */
export function pushAnswer({
  syncTime,
  epoch,
  idMappings,
  receipt,
  rejected,
  superseded,
}: PushResult): string {
  const refused = rejected.map(({ collection, raw, code, field, message }) => ({
    collection,
    clientId: clientIdOf(raw),
    code,
    field,
    message,
    retryable: false,
  }));
  const winners = superseded.map(
    ({ collection, record }) => `{"collection":${JSON.stringify(collection)},"record":${record}}`,
  );
  return `{"syncTime":${syncTime},"epoch":${epoch},"idMappings":${JSON.stringify(idMappings)},"receipt":${receipt},"rejected":${JSON.stringify(refused)},"superseded":[${winners.join(',')}]}`;
}
