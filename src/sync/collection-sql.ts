import { type Field, parentServerIdOf } from '../common/fields.js';
import { snakeCase } from '../common/snake-case.js';
import type { CollectionDefinition } from './collection-definition.js';

const quoted = (name: string) => `"${name}"`;
export const columnOf = (field: Pick<Field, 'name' | 'kind'>) =>
  quoted(snakeCase(field.kind === 'reference' ? field.name.replace(/Id$/, 'Key') : field.name));
export const parentColumnOf = (reference: string) => quoted(snakeCase(parentServerIdOf(reference)));

/** The statements of one collection. Their texts are constant, so each is prepared once per connection. */
export interface CollectionSql {
  table: string;
  /** $1 user, $2 client keys, $3 server ids, $4 natural keys (only where there are any) → light heads. */
  identify: string;
  /** $1 user, $2 server ids → light heads. */
  aliased: string;
  /** $1 user, $2 server ids → server_id, extra, every field, every parent's server id. */
  contents: string;
  /** $1 user, $2 client keys, $3 server ids → what a child has to know of its parent. */
  parents: string;
  /** $1 user, $2 json rows (see store.ts), $3 device: heads that are new. */
  insert: string;
  /** The same for heads that are there. */
  replace: string;
  /** $1 user, $2 server ids, $3 stored at: puts the heads away before they are replaced. */
  putAway: string;
  /** For each reference, about children whose parent is, or was, unknown. */
  waiting: ReadonlyMap<string, WaitingSql>;
  /** The select list and joins that give a head as a device is shown it; see `shown`. */
  wire: Wire;
}

export interface WaitingSql {
  /** $1 user → a row if any child waits for a parent. */
  any: string;
  /** $1 user, $2 client keys, $3 server ids → children that wait for one of the keys, and children of the parents. */
  of: string;
  /** $1 user, $2 json rows: new versions, and parents that were found. */
  release: string;
}

export interface Wire {
  /** Joins for `from <table> h`; the lateral row `w` is the record. */
  joins: string;
  /** Text expression of the record’s JSON. */
  json: string;
  /** All parents are known. */
  resolved: string;
  /** No parent is deleted. */
  parentsLive: string;
  /** The record itself is live. */
  live: string;
}

const LIGHT = `h.server_id, h.client_id, h.client_key, h.local_device, h.version, h.device_id, h.edited_at,
  h.content_hash, h.sent_hash, h.natural_key, h.updated_at`;

/**
 * Rows of a table by a set of ids: $1 is the user. Probes the index once per id, whatever the planner believes: `offset 0`
 * keeps it from turning the join around, which reads all rows of an account where it expects accounts to have few.
 */
const probed = (list: string, table: string, column: string, parameter: string) =>
  `from unnest(${parameter}) k(id) cross join lateral (
    select ${list} from ${table} h where h.user_id = $1 and h.${column} = k.id offset 0) h`;

const aliased = (list: string, table: string, name: string) =>
  `from unnest($2::text[]) k(id)
    cross join lateral (select a.server_id, a.client_key from record_aliases a
      where a.user_id = $1 and a.collection = '${name}' and a.client_key = k.id offset 0) a
    cross join lateral (select ${list} from ${table} h
      where h.user_id = $1 and h.server_id = a.server_id offset 0) h`;

/** The light heads by each way a record may be named; by an alias it is found by its server id. */
function lightSql(table: string, hasNaturalKey: boolean, extraColumns: string) {
  const by = (column: string, parameter: string) =>
    `select h.* ${probed(`${LIGHT}, ${extraColumns}`, table, column, parameter)}`;
  const identify = [
    by('client_key', '$2::text[]'),
    by('server_id', '$3::uuid[]'),
    ...(hasNaturalKey ? [by('natural_key', '$4::uuid[]')] : []),
  ];
  return { identify: identify.join(' union all '), aliased: by('server_id', '$2::uuid[]') };
}

function parentsSql(table: string, name: string): string {
  const list = 'h.server_id, h.client_key';
  return `select ${list}, h.client_key as key ${probed(list, table, 'client_key', '$2::text[]')}
    union all
    select ${list}, 'g:' || h.server_id ${probed(list, table, 'server_id', '$3::uuid[]')}
    union all
    select ${list}, a.client_key ${aliased(list, table, name)}`;
}

const STORED: readonly (readonly [string, string])[] = [
  ['serverId', 'uuid'],
  ['clientId', 'text'],
  ['clientKey', 'text'],
  ['localDevice', 'text'],
  ['version', 'bigint'],
  ['editedAt', 'bigint'],
  ['contentHash', 'uuid'],
  ['sentHash', 'uuid'],
  ['naturalKey', 'uuid'],
  ['extra', 'jsonb'],
];
/** What a record is given once and keeps. */
const KEPT = new Set(['serverId', 'clientId', 'clientKey', 'localDevice']);

interface StoredColumn {
  name: string;
  type: string;
  column: string;
  fallback?: Field['default'];
}

function storedColumns(fields: readonly Field[]): StoredColumn[] {
  const references = fields.filter(({ kind }) => kind === 'reference').map(({ name }) => name);
  return [
    ...STORED.map(([name, type]) => ({ name, type, column: quoted(snakeCase(name)) })),
    ...fields.map((field) => ({
      name: field.name,
      type: field.sqlType,
      column: columnOf(field),
      fallback: field.default,
    })),
    ...references.map((name) => ({
      name: parentServerIdOf(name),
      type: 'uuid',
      column: parentColumnOf(name),
    })),
  ];
}

const literal = (value: string | number | boolean) =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);

/** What is not in the row's JSON stands at its default. */
const storedValue = ({ name, fallback }: StoredColumn) =>
  fallback === undefined ? `sent.${quoted(name)}` : `coalesce(sent.${quoted(name)}, ${literal(fallback)})`;

function insertSql(table: string, columns: readonly StoredColumn[]): string {
  const types = columns.map(({ name, type }) => `${quoted(name)} ${type}`).join(', ');
  return `insert into ${table} (user_id, device_id, ${columns.map(({ column }) => column).join(', ')})
    select $1::uuid, $3::text, ${columns.map(storedValue).join(', ')} from json_to_recordset($2::json) as sent(${types})`;
}

/** By conflict: that probes the key once per record, whatever the planner thinks of the table. */
function replaceSql(table: string, columns: readonly StoredColumn[]): string {
  const changing = columns.filter(({ name }) => !KEPT.has(name)).map(({ column }) => column);
  return `${insertSql(table, columns)}
    on conflict (user_id, server_id) do update
       set ${['device_id', ...changing].map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/**
 * The client id a device is shown: its own name for the record if it has one; a row number of another device means
 * nothing here, so the server id stands in for it. $DEVICE is replaced by the parameter that holds the device id.
 */
function shownId(alias: string, collection: string, hasNaturalKey: boolean): string {
  const own = `(select a.client_id from record_aliases a where a.user_id = ${alias}.user_id
      and a.server_id = ${alias}.server_id and a.collection = '${collection}' and a.device_id = $DEVICE
      order by a.created_at desc, a.client_key limit 1)`;
  const everywhere = hasNaturalKey ? `coalesce(${own}, ${alias}.client_id)` : `${alias}.client_id`;
  return `case when ${alias}.local_device is null then ${everywhere}
      when ${alias}.local_device = $DEVICE then ${alias}.client_id
      else coalesce(${own}, ${alias}.server_id::text) end`;
}

function waitingSql(table: string, field: Field): WaitingSql {
  const key = columnOf(field);
  const parent = parentColumnOf(field.name);
  return {
    any: `select 1 from ${table} where user_id = $1 and ${parent} is null and ${key} is not null limit 1`,
    of: `select h.server_id, h.${key} as key, true as waiting from unnest($2::text[]) k(id)
        cross join lateral (select h.server_id, h.${key} from ${table} h
          where h.user_id = $1 and h.${key} = k.id and h.${parent} is null offset 0) h
      union all
      select h.server_id, h.${key}, false ${probed(`h.server_id, h.${key}`, table, parent, '$3::uuid[]')}`,
    // The name the child calls its parent by stays as it is: it is part of what the child says.
    release: `update ${table} h set version = r.version, ${parent} = coalesce(r.parent, h.${parent})
        from json_to_recordset($2::json) as r(id uuid, version bigint, parent uuid)
        where h.user_id = $1 and h.server_id = r.id`,
  };
}

const orderOf = ({ fixed = [] }: CollectionDefinition, { name }: Field) => fixed.indexOf(name);

const every = (conditions: string[]) => (conditions.length > 0 ? conditions.join(' and ') : 'true');

function wireOf(
  definition: CollectionDefinition,
  fields: readonly Field[],
  tables: ReadonlyMap<string, string>,
): Wire {
  const references = fields.filter(({ kind }) => kind === 'reference');
  const parentAlias = new Map(references.map(({ name }, index) => [name, `p${index}`]));
  const parents = references.map(({ name, parent }) => {
    const alias = parentAlias.get(name);
    return `left join ${tables.get(parent as string)} ${alias}
      on ${alias}.user_id = h.user_id and ${alias}.server_id = h.${parentColumnOf(name)}`;
  });
  const valueOf = (field: Field): string => {
    const alias = parentAlias.get(field.name);
    if (!alias) return `h.${columnOf(field)}`;
    // A parent that is not known yet is shown by the id its child names it by.
    return `case when ${alias}.server_id is null then regexp_replace(h.${columnOf(field)}, '^(g:|d:.*/)', '')
      else ${shownId(alias, field.parent as string, false)} end`;
  };
  const list = [
    `${definition.singleton ? 'h.client_id' : shownId('h', definition.name, definition.naturalKey !== undefined)} as "clientId"`,
    ...(definition.singleton ? [] : ['h.server_id as "serverId"']),
    ...fields.map((field) => `${valueOf(field)} as ${quoted(field.name)}`),
  ];
  return {
    joins: `${parents.join(' ')} cross join lateral (select ${list.join(', ')}) w`,
    json: `case when h.extra is null then row_to_json(w)::text
      else left(row_to_json(w)::text, -1) || ',' || substr(h.extra::text, 2) end`,
    resolved: every(
      references.map((f) => `(h.${columnOf(f)} is null or h.${parentColumnOf(f.name)} is not null)`),
    ),
    parentsLive: every(references.map(({ name }) => `${parentAlias.get(name)}.deleted_at is null`)),
    live: fields.some(({ name }) => name === 'deletedAt') ? 'h.deleted_at is null' : 'true',
  };
}

/** `wire` as seen by the device in the given parameter, or by nobody in particular (`null`: history, portal, digest). */
export const seenBy = (sql: string, parameter: string) => sql.replaceAll('$DEVICE', parameter);

export function collectionSql(
  definition: CollectionDefinition,
  fields: readonly Field[],
  tables: ReadonlyMap<string, string>,
): CollectionSql {
  const table = tables.get(definition.name) as string;
  const columns = storedColumns(fields);
  const wire = wireOf(definition, fields, tables);
  const hasDeletion = fields.some(({ name }) => name === 'deletedAt');
  const deletedAt = hasDeletion ? 'h.deleted_at' : 'null::bigint as deleted_at';
  // In the order of the definition, which is the order they are read in.
  const fixed = fields
    .filter(({ name }) => definition.fixed?.includes(name))
    .toSorted((a, b) => orderOf(definition, a) - orderOf(definition, b))
    .map((field) => `h.${columnOf(field)}`);
  const claimed = hasDeletion ? 'greatest(h.updated_at, h.deleted_at)' : 'h.updated_at';
  return {
    table,
    ...lightSql(table, definition.naturalKey !== undefined, [deletedAt, ...fixed].join(', ')),
    contents: `select h.server_id, h.extra, ${[
      ...fields.map(columnOf),
      ...fields.filter(({ kind }) => kind === 'reference').map(({ name }) => parentColumnOf(name)),
    ]
      .map((column) => `h.${column}`)
      .join(', ')}
      ${probed('*', table, 'server_id', '$2::uuid[]')}`,
    parents: parentsSql(table, definition.name),
    insert: insertSql(table, columns),
    replace: replaceSql(table, columns),
    putAway: `insert into record_versions
        (user_id, collection, server_id, version, content_hash, sent_hash, claimed_at, edited_at, device_id, reason, stored_at,
        content)
      select h.user_id, '${definition.name}', h.server_id,
        1 + coalesce((select max(v.version) from record_versions v
          where v.user_id = h.user_id and v.collection = '${definition.name}' and v.server_id = h.server_id), 0),
        h.content_hash, h.sent_hash, ${claimed}, h.edited_at, h.device_id, 'replaced', $3::bigint, (${seenBy(wire.json, 'null')})::json
      ${probed('*', table, 'server_id', '$2::uuid[]')} ${seenBy(wire.joins, 'null')}
      on conflict do nothing`,
    waiting: new Map(
      fields
        .filter(({ kind }) => kind === 'reference')
        .map((field) => [field.name, waitingSql(table, field)]),
    ),
    wire,
  };
}
