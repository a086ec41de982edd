import type { Collection } from './collection.js';
import { seenBy } from './collection-sql.js';
import type { Exceptions, Standing } from './device-state.js';

/** What a pull asks for: every head in (after, upto] that the device neither holds nor has no use for, and what it is owed. */
export interface Wanted {
  userId: string;
  deviceId: string;
  standing: Standing;
  exceptions: Exceptions;
  upto: number;
}

/** The eleven parameters that all statements below share. */
export function parametersOf({ userId, deviceId, standing, exceptions, upto }: Wanted): unknown[] {
  const { held, heldMarks } = exceptions;
  const owed = exceptions.owedMarks.filter(({ owedVersion }) => (owedVersion as number) <= upto);
  return [
    userId,
    standing.cursor,
    upto,
    standing.tombstonesAfter,
    held?.from ?? 1,
    held?.to ?? 0,
    heldMarks.map(({ serverId }) => serverId),
    heldMarks.map(({ headVersion }) => headVersion),
    owed.map(({ serverId }) => serverId),
    owed.map(({ headVersion }) => headVersion),
    deviceId,
  ];
}

/**
 * $4: in its first download a device is sent no tombstones and no children of deleted parents up to this version, except
 * of records it has once written itself: those it has.
 */
function wantedByVersion({ name, sql: { table, wire } }: Collection): string {
  return `from ${table} h ${seenBy(wire.joins, '$11::text')}
    where h.user_id = $1 and h.version > $2 and h.version <= $3 and ${wire.resolved}
      and ((h.server_id, h.version) in (select * from unnest($9::uuid[], $10::bigint[]))
        or ((h.version > $4::bigint or (${wire.live} and ${wire.parentsLive}) or h.device_id = $11::text
            or exists (select 1 from record_versions v where v.user_id = h.user_id and v.collection = '${name}'
              and v.server_id = h.server_id and v.device_id = $11::text))
          and not (h.version between $5::bigint and $6::bigint)
          and (h.server_id, h.version) not in (select * from unnest($7::uuid[], $8::bigint[]))))`;
}

/** Owed although the cursor is past its version. */
function owedBelowCursor({ sql: { table, wire } }: Collection): string {
  return `from unnest($9::uuid[], $10::bigint[]) o(id, version)
    cross join lateral (select * from ${table} h
      where h.user_id = $1 and h.server_id = o.id and h.version = o.version offset 0) h
    ${seenBy(wire.joins, '$11::text')} where h.version <= $2 and ${wire.resolved}`;
}

/**
 * Rows (place of the collection, JSON text), parents before children, in one snapshot. The branches of UNION ALL are
 * read one after the other; the reader checks that they are.
 */
export function recordsSql(collections: readonly Collection[]): string {
  const branches = collections.flatMap((collection, place) => {
    const json = seenBy(collection.sql.wire.json, '$11::text');
    return [
      `(select ${place} as place, ${json} as record ${wantedByVersion(collection)} order by h.version, h.server_id)`,
      `(select ${place}, ${json} ${owedBelowCursor(collection)})`,
    ];
  });
  return branches.join(' union all ');
}

export function countSql(collections: readonly Collection[]): string {
  const branches = collections.flatMap((collection) => [
    `select count(*) ${wantedByVersion(collection)}`,
    `select count(*) ${owedBelowCursor(collection)}`,
  ]);
  return `select sum(count)::float8 as total from (${branches.join(' union all ')}) c`;
}

/** The first $12 versions a pull would bring, of heads only; what is owed below the cursor is added by the caller. */
export function versionsSql(collections: readonly Collection[]): string {
  const branches = collections.map(
    (collection) => `(select h.version ${wantedByVersion(collection)} order by h.version limit $12)`,
  );
  return `select version::float8 as version from (${branches.join(' union all ')}) v order by version limit $12`;
}

/** $1 user, $2 version: a row for each head up to it, of which no more than `limit` are looked at. */
export function anyHeadsSql(collections: readonly Collection[], limit: number): string {
  const branches = collections.map(
    ({ sql: { table } }) => `select 1 from ${table} where user_id = $1 and version <= $2`,
  );
  return `select 1 from (${branches.join(' union all ')}) h limit ${limit}`;
}
