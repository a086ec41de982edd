import type { Sql } from '../../database/sql.js';
import { type Collection, type Content, type Extra, storedValue } from '../collection.js';
import { columnOf, parentColumnOf } from '../collection-sql.js';
import type { Collections } from '../collections.js';
import type { Value } from '../content-hash.js';

/** The parent of a head, as the head's own column names it. */
export interface ParentRow {
  serverId: string;
  /** Without it there is no such record. */
  clientKey: string | null;
  clientId: string;
  localDevice: string | null;
}

/** A head as its columns have it: nothing here has gone through the statements that pulls and digests are made of. */
export interface HeadRow {
  serverId: string;
  clientId: string;
  clientKey: string;
  localDevice: string | null;
  version: number;
  editedAt: number;
  contentHash: string;
  naturalKey: string | null;
  content: Content;
  /** In the order of `Collection.references`; null where no parent is known. */
  parents: (ParentRow | null)[];
}

const PAGE = 1000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';
const OWN = [
  'server_id',
  'client_id',
  'client_key',
  'local_device',
  'version',
  'edited_at',
  'content_hash',
  'natural_key',
  'extra',
];
const OF_PARENT = ['client_key', 'client_id', 'local_device'];

function pageSql(collection: Collection, collections: Collections): string {
  const parents = collection.references.map(({ name, parent }, n) => ({
    alias: `p${n}`,
    column: parentColumnOf(name),
    table: collections.get(parent).sql.table,
  }));
  const list = [
    ...[...OWN, ...collection.fields.map(columnOf)].map((column) => `h.${column}`),
    ...parents.flatMap(({ alias, column }) => [`h.${column}`, ...OF_PARENT.map((own) => `${alias}.${own}`)]),
  ];
  const joins = parents.map(
    ({ alias, column, table }) =>
      `left join ${table} ${alias} on ${alias}.user_id = h.user_id and ${alias}.server_id = h.${column}`,
  );
  return `select ${list.join(', ')} from ${collection.sql.table} h ${joins.join(' ')}
    where h.user_id = $1 and h.server_id > $2 order by h.server_id limit ${PAGE}`;
}

function headOf(row: unknown[], collection: Collection): HeadRow {
  const [serverId, clientId, clientKey, localDevice, version, editedAt, contentHash, naturalKey, extra] =
    row as [string, string, string, string | null, string, string, string, string | null, Extra | null];
  const values = collection.fields.map((field, n) => storedValue(field, row[OWN.length + n] as Value));
  const after = OWN.length + values.length;
  const parents = collection.references.map((_, n) => {
    const start = after + n * (1 + OF_PARENT.length);
    const [id, key, name, device] = row.slice(start) as [string | null, string | null, string, string | null];
    return id === null ? null : { serverId: id, clientKey: key, clientId: name, localDevice: device };
  });
  return {
    serverId,
    clientId,
    clientKey,
    localDevice,
    version: Number(version),
    editedAt: Number(editedAt),
    contentHash,
    naturalKey,
    content: { values, parents: parents.map((parent) => parent?.serverId ?? null), extra },
    parents,
  };
}

/** All heads of one collection, a page in memory at a time, in the order of their server ids. */
export async function* headsOf(
  snapshot: Sql,
  userId: string,
  collection: Collection,
  collections: Collections,
): AsyncGenerator<HeadRow> {
  const text = pageSql(collection, collections);
  for (let after = BEFORE_ALL; ;) {
    const rows = await snapshot.query<unknown[]>({
      name: `check-${collection.name}`,
      text,
      rowMode: 'array',
      values: [userId, after],
    });
    for (const row of rows) yield headOf(row, collection);
    if (rows.length < PAGE) return;
    after = rows[rows.length - 1][0] as string;
  }
}
