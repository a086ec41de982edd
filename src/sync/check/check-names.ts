import type { Sql } from '../../database/sql.js';
import { columnOf, parentColumnOf } from '../collection-sql.js';
import type { Collection } from '../collection.js';
import type { Collections } from '../collections.js';
import type { Faults } from './faults.js';

const LIMIT = 100;

/** Aliases that lead nowhere, or are the client key of another record too. */
async function checkAliases(snapshot: Sql, userId: string, { name, sql }: Collection, faults: Faults) {
  const rows = await snapshot.query<{ key: string; to: string; found: boolean; other: string | null }>({
    name: `check-aliases-${name}`,
    text: `select a.client_key as key, a.server_id as to, h.server_id is not null as found, o.server_id as other
      from record_aliases a
        left join ${sql.table} h on h.user_id = a.user_id and h.server_id = a.server_id
        left join ${sql.table} o on o.user_id = a.user_id and o.client_key = a.client_key
          and o.server_id <> a.server_id
      where a.user_id = $1 and a.collection = '${name}' and (h.server_id is null or o.server_id is not null)
      order by a.client_key limit ${LIMIT}`,
    values: [userId],
  });
  for (const { key, to, found, other } of rows) {
    if (!found)
      faults.add({ place: name, recordId: to, what: `the alias ${key} leads to it, and it is not there` });
    if (other !== null)
      faults.add({ place: name, recordId: to, what: `its alias ${key} is the client key of ${other}, too` });
  }
}

/** Children that wait for a parent although it is there: they would never be shown. */
async function checkWaiting(
  snapshot: Sql,
  userId: string,
  { name, sql, fields, references }: Collection,
  { collections, faults }: { collections: Collections; faults: Faults },
) {
  for (const { index, name: reference, parent } of references) {
    const key = `h.${columnOf(fields[index])}`;
    const table = collections.get(parent).sql.table;
    const waiting = `from ${sql.table} h cross join lateral`;
    const isWaiting = `h.user_id = $1 and h.${parentColumnOf(reference)} is null and ${key} is not null`;
    const rows = await snapshot.query<{ id: string; key: string; parent: string }>({
      name: `check-waiting-${name}-${reference}`,
      text: `select h.server_id as id, ${key} as key, p.server_id as parent ${waiting} (
            select server_id from ${table} where user_id = $1 and client_key = ${key}
            union all
            select a.server_id from record_aliases a join ${table} t on t.user_id = a.user_id and t.server_id = a.server_id
              where a.user_id = $1 and a.collection = '${parent}' and a.client_key = ${key}
            union all
            select server_id from ${table} where user_id = $1 and server_id =
              case when ${key} ~ '^g:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(${key}, 3)::uuid end) p
        where ${isWaiting} order by h.server_id limit ${LIMIT}`,
      values: [userId],
    });
    for (const row of rows)
      faults.add({
        place: name,
        recordId: row.id,
        what: `it waits for the ${reference} ${row.key}, which is there: ${row.parent}`,
      });
  }
}

/** Rows of tables about records of all collections that speak of a collection nobody knows. */
async function checkCollections(snapshot: Sql, userId: string, known: readonly string[], faults: Faults) {
  for (const table of ['record_aliases', 'record_versions', 'device_marks']) {
    const rows = await snapshot.query<{ collection: string }>({
      name: `check-collections-${table}`,
      text: `select distinct collection from ${table} where user_id = $1 and collection <> all($2::text[]) limit ${LIMIT}`,
      values: [userId, known],
    });
    for (const { collection } of rows)
      faults.add({ place: table, what: `it has rows of the collection ${collection}, which there is not` });
  }
}

/** A cursor beyond the clock would keep what comes next from its device. */
async function checkCursors(snapshot: Sql, userId: string, clock: number, faults: Faults) {
  const rows = await snapshot.query<{ device: string; cursor: number }>({
    name: 'check-cursors',
    text: `select device_id as device, max(cursor)::float8 as cursor from device_cursors
      where user_id = $1 and cursor > $2 group by device_id limit ${LIMIT}`,
    values: [userId, clock],
  });
  for (const { device, cursor } of rows)
    faults.add({
      place: 'devices',
      what: `${device} was given the cursor ${cursor}, beyond the clock ${clock}`,
    });
}

/** Names of records, and names by which records are referred to. */
export async function checkNames(
  snapshot: Sql,
  userId: string,
  { collections, clock, faults }: { collections: Collections; clock: number; faults: Faults },
): Promise<void> {
  const all = collections.all();
  await checkCollections(
    snapshot,
    userId,
    all.map(({ name }) => name),
    faults,
  );
  await checkCursors(snapshot, userId, clock, faults);
  for (const collection of all) {
    await checkAliases(snapshot, userId, collection, faults);
    await checkWaiting(snapshot, userId, collection, { collections, faults });
  }
}
