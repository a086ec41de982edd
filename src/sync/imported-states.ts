import type { Transaction } from '../database/transaction.js';
import type { Collection, Sent } from './collection.js';
import type { Collections } from './collections.js';
import { clockLock } from './clock-statements.js';
import { aliasReading, Identification, isRefusal } from './identify.js';
import { clientIdOf } from './quarantine.service.js';
import type { VersionReason } from './record-version.entity.js';
import { References } from './references.js';
import { wireOf } from './store.js';
import type { Target } from './target.js';

/** What comes with an import was written by this device: no phone, and nobody to whom anything is owed. */
export const IMPORT_DEVICE = 'import';

export interface RefusedImport {
  clientId: string | null;
  code: string;
  field: string | null;
  message: string;
}

export interface ImportedStatesCount {
  /** Were not here. */
  added: number;
  unchanged: number;
  rejected: RefusedImport[];
}

/** A state that was put away in another account, or in this one. */
export interface ImportedState {
  record: unknown;
  deviceId: string;
  reason: VersionReason;
  editedAt: number | null;
  storedAt: number | null;
}

interface Row {
  n: number;
  server: string;
  hash: string;
  sent: string;
  claimed: number;
  edited: number;
  stored: number | null;
  device: string;
  reason: VersionReason;
  content: object;
}

/**
 * Appends states to the history of records that are here. Whose they are is found as for a push. A state that is there,
 * or is the head, is left out: each state once. Neither heads nor the clock move.
 */
export async function storeStates(
  tx: Transaction,
  userId: string,
  { collection, collections }: { collection: Collection; collections: Collections },
  states: readonly ImportedState[],
): Promise<ImportedStatesCount> {
  const rejected: ImportedStatesCount['rejected'] = [];
  const refuse = (raw: unknown, refusal: Omit<RefusedImport, 'clientId'>) =>
    rejected.push({ clientId: clientIdOf(raw), ...refusal });
  const sents = new Map<Sent, ImportedState>();
  for (const state of states) {
    const read = collection.read(state.record, IMPORT_DEVICE);
    if ('sent' in read) sents.set(read.sent, state);
    else refuse(state.record, read.refusal);
  }
  const rows: Row[] = [];
  for (const { target, sent } of await identified(tx, userId, { collection, collections }, [
    ...sents.keys(),
  ])) {
    const content = collection.merge(null, sent, { exact: true });
    if (isRefusal(content)) refuse(sent.raw, content);
    else if (target.head === null) refuse(sent.raw, NOT_HERE);
    else {
      const { deviceId, reason, editedAt, storedAt } = sents.get(sent) as ImportedState;
      const claimed = collection.claimedAt(content);
      rows.push({
        n: rows.length,
        server: target.serverId,
        hash: collection.say(content).hash,
        sent: sent.sentHash,
        claimed,
        edited: editedAt ?? claimed,
        stored: storedAt,
        device: deviceId,
        reason,
        content: wireOf(collection, { target, content }),
      });
    }
  }
  const added = await insert(tx, userId, collection, rows);
  return { added, unchanged: states.length - rejected.length - added, rejected };
}

const NOT_HERE = {
  code: 'record.unknown',
  field: null,
  message: 'the record that this is an earlier state of is not here',
};

/** Which record each of the states is of, in their order; and what parents they name. */
async function identified(
  tx: Transaction,
  userId: string,
  { collection, collections }: { collection: Collection; collections: Collections },
  sents: readonly Sent[],
): Promise<{ target: Target; sent: Sent }[]> {
  const identification = new Identification(collection, sents);
  const references = new References(collection, sents);
  await tx.take([
    clockLock(userId),
    aliasReading(userId, new Map([[collection.name, identification]])),
    identification.reading(userId),
    ...references.readings(userId, new Map(), collections),
  ]);
  const aliased = identification.aliasedReading(userId);
  if (aliased) await tx.take([aliased]);
  const { targets } = identification.conclude((index, name) => references.keyOf(index, name, new Map()));
  const parents = new Map(
    collections.all().map((each) => [each.name, { collection: each, inPush: new Map() }]),
  );
  await references.resolve(tx, userId, parents);
  const targetOf = new Map(targets.flatMap((target) => target.sents.map((sent) => [sent, target] as const)));
  return sents.map((sent) => ({ target: targetOf.get(sent) as Target, sent }));
}

/** @returns how many were not there */
async function insert(
  tx: Transaction,
  userId: string,
  { name, deletedAt, sql }: Collection,
  rows: readonly Row[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const claimed = deletedAt >= 0 ? 'greatest(h.updated_at, h.deleted_at)' : 'h.updated_at';
  const [{ added }] = await tx.query<{ added: number }>({
    name: `store-imported-${name}`,
    text: `with l as materialized (
        select * from json_to_recordset($2::json) as
          l(n int, server uuid, hash uuid, sent uuid, claimed bigint, edited bigint, stored bigint, device text,
            reason text, content json)),
      now as (select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now),
      last as materialized (
        select d.server, coalesce((select max(v.version) from record_versions v
            where v.user_id = $1 and v.collection = '${name}' and v.server_id = d.server), 0) as version
          from (select distinct server from l) d),
      stored as (
        insert into record_versions (user_id, collection, server_id, version, content_hash, sent_hash, claimed_at,
          edited_at, device_id, reason, stored_at, content)
        select $1, '${name}', l.server, last.version + row_number() over (partition by l.server order by l.n),
          l.hash, l.sent, l.claimed, least(l.edited, now.now), l.device, l.reason,
          least(coalesce(l.stored, now.now), now.now), l.content
        from l join last on last.server = l.server cross join now
        where not exists (select from ${sql.table} h where h.user_id = $1 and h.server_id = l.server
          and h.content_hash = l.hash and ${claimed} = l.claimed)
        on conflict do nothing returning 1)
      select count(*)::int as added from stored`,
    values: [userId, JSON.stringify(rows)],
  });
  return added;
}
