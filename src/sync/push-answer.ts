import type { Statement } from '../database/sql.js';
import { seenBy } from './collection-sql.js';
import type { Collections } from './collections.js';
import type { Plan } from './plan.js';
import { clientIdOf, type Rejected } from './quarantine.service.js';

/** What a push did, before it is written as JSON. */
export interface PushResult {
  syncTime: number;
  epoch: number;
  /** As JSON text. */
  idMappings: string;
  receipt: number;
  rejected: Rejected[];
  /** Winning heads, as JSON texts. */
  superseded: { collection: string; record: string }[];
}

export const rejectedOf = ({ collection, refused }: Plan): Rejected[] =>
  refused.map(({ sent, refusal }) => ({ collection: collection.name, raw: sent.raw, ...refusal }));

/** Every id that was accepted, by the very string that was sent, as JSON text: an object of so many keys costs more. */
export function mappingsOf(collections: Collections, plans: readonly Plan[]): string {
  const plan = new Map(plans.map((made) => [made.collection, made]));
  const sections = collections
    .all()
    .filter(({ isSingleton }) => !isSingleton)
    .map((collection) => `${JSON.stringify(collection.name)}:{${idsOf(plan.get(collection))}}`);
  return `{${sections.join(',')}}`;
}

function idsOf(plan: Plan | undefined): string {
  if (!plan) return '';
  const refused = new Set(plan.refused.map(({ sent }) => sent));
  const ids = new Map<string, string>();
  for (const { sents, serverId } of plan.targets)
    for (const sent of sents) if (!refused.has(sent)) ids.set(sent.clientId, serverId);
  return Array.from(ids, ([clientId, serverId]) => `${JSON.stringify(clientId)}:"${serverId}"`).join(',');
}

/**
 * What reads the heads that the device is told of, after they were written: those that won over what it sent, and, where
 * it wants to know exactly, every head that is not what it sent, or that it has a name of its own for.
 */
export function toldStatement(
  { userId, deviceId }: { userId: string; deviceId: string },
  { collection, superseded, inexact, targets }: Plan,
  exactly: boolean,
): Statement | null {
  const told = [...superseded, ...(exactly ? inexact : [])].map(({ serverId }) => serverId);
  const named = exactly && collection.definition.naturalKey ? targets.map(({ serverId }) => serverId) : [];
  if (told.length + named.length === 0) return null;
  const { wire, table } = collection.sql;
  return {
    name: `told-${collection.name}`,
    text: seenBy(
      `with told(id) as (
          select id from unnest($2::uuid[]) k(id)
          union
          select k.id from unnest($4::uuid[]) k(id) where exists (select 1 from record_aliases a
            where a.user_id = $1 and a.server_id = k.id and a.collection = '${collection.name}'
              and a.device_id = $3::text))
        select ${wire.json} as record from told k
          cross join lateral (select * from ${table} h where h.user_id = $1 and h.server_id = k.id offset 0) h
          ${wire.joins}`,
      '$3::text',
    ),
    values: [userId, told, deviceId, named],
  };
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
  return `{"syncTime":${syncTime},"epoch":${epoch},"idMappings":${idMappings},"receipt":${receipt},"rejected":${JSON.stringify(refused)},"superseded":[${winners.join(',')}]}`;
}
