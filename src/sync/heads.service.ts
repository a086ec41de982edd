import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { isCleanText } from '../common/compile-validator.js';
import { BEGINNING, type Page, pageOf, type PageQuery, type Place } from '../common/paging.js';
import type { Sql } from '../database/sql.js';
import { clientKey, isLocalId, isUuid } from './client-key.js';
import type { Collection } from './collection.js';
import { parentColumnOf, seenBy } from './collection-sql.js';
import { Collections } from './collections.js';
import { PortalReads } from './portal-reads.js';

/** Whose records are read, and whether deleted ones are among them. */
export interface Reading {
  userId: string;
  /** Also shows deleted records, children of deleted parents, and children whose parent has not arrived. */
  deleted: boolean;
  /** A snapshot, where several statements must agree; or the primary, for who goes on to write. */
  sql?: Sql;
}

/** A list of heads, newest first. The condition is constant text: what varies are its parameters. */
export interface Listing {
  /** Names the prepared statement. */
  name: string;
  collection: string;
  /** The column, epoch ms, by which the list is sorted. */
  newestBy: string;
  /** On `h`, the head; $1 is the user, its own parameters begin at $6. */
  where?: string;
}

/** The children of given parents. */
export interface Offspring {
  collection: string;
  /** The field that names the parent. */
  reference: string;
  /** On `h`, within one parent; completed by the server id. */
  orderBy: string;
  /** All parents together; children are read parent by parent, in the order in which these are given. */
  limit: number;
}

/** A record as it comes out of JSON: what its DTO declares, without being an instance of it. */
export type Plain<T> = { [Key in keyof T]: T[Key] };

interface HeadRow<T> extends Place {
  record: Plain<T>;
}

/** A record as a pull gives it to a device that owns no row numbers: a row number is shown as the server id. */
const recordOf = ({ sql: { wire } }: Collection) => `(${seenBy(wire.json, 'null')})::json as record`;
const fromHeads = ({ sql: { table, wire } }: Collection) => `from ${table} h ${seenBy(wire.joins, 'null')}`;
/** What a device would be shown that has seen everything: live, and so are all parents. */
const shownIf = ({ sql: { wire } }: Collection, deleted: string) =>
  `(${deleted} or (${wire.live} and ${wire.resolved} and ${wire.parentsLive}))`;

/** Reads heads for the features' own endpoints, in exactly the form that pulls give. Every statement names the owner. */
@Injectable()
export class HeadsService {
  constructor(
    private readonly reads: PortalReads,
    private readonly collections: Collections,
  ) {}

  async page<T>(
    { name, collection: collectionName, newestBy, where = 'true' }: Listing,
    { userId, deleted, sql = this.reads.of(userId) }: Reading,
    { limit, cursor = BEGINNING }: PageQuery,
    values: readonly unknown[] = [],
  ): Promise<Page<Plain<T>>> {
    const collection = this.collections.get(collectionName);
    const rows = await sql.query<HeadRow<T>>({
      name: `heads-${name}`,
      text: `select h.${newestBy}::float8 as at, h.server_id as id, ${recordOf(collection)} ${fromHeads(collection)}
        where h.user_id = $1 and (h.${newestBy}, h.server_id) < ($2::bigint, $3::uuid)
          and ${shownIf(collection, '$4::boolean')} and ${where}
        order by h.${newestBy} desc, h.server_id desc limit $5`,
      values: [userId, cursor.at, cursor.id, deleted, limit + 1, ...values],
    });
    return pageOf(rows, limit, ({ record }) => record);
  }

  /**
   * By server id or by the client id of any device. A row number that several devices use means the record changed last.
   * @throws AppError record.unknown, for another account's record too
   */
  async get<T>(
    collectionName: string,
    id: string,
    { userId, deleted, sql = this.reads.of(userId) }: Reading,
  ): Promise<HeadRow<T>> {
    const collection = this.collections.get(collectionName);
    if (!isCleanText(id)) throw new AppError('record.unknown');
    const names = [
      isUuid(id) ? id : null,
      isLocalId(id) ? null : clientKey(id, ''),
      isLocalId(id) ? id : null,
    ];
    const [row] = await sql.query<HeadRow<T>>({
      name: `head-${collectionName}`,
      ...(collection.isSingleton
        ? { text: this.onlySql(collection), values: [userId] }
        : { text: this.getSql(collection), values: [userId, ...names, deleted] }),
    });
    if (!row) throw new AppError('record.unknown');
    return row;
  }

  /** There is but one, whatever a phone calls it. */
  private onlySql(collection: Collection): string {
    return `select h.version::float8 as at, h.server_id as id, ${recordOf(collection)}
      ${fromHeads(collection)} where h.user_id = $1`;
  }

  private getSql(collection: Collection): string {
    const { name, sql } = collection;
    return `with keys(key) as (
        select $3::text where $3 is not null union all
        select 'd:' || d.device_id || '/' || $4::text from sync_devices d where d.user_id = $1 and $4 is not null
      ), named(server_id, rank) as (
        select n.server_id, 1 from ${sql.table} n where n.user_id = $1 and n.server_id = $2::uuid union all
        select n.server_id, 2 from ${sql.table} n
         where n.user_id = $1 and n.client_key in (select key from keys) union all
        select a.server_id, 3 from record_aliases a
         where a.user_id = $1 and a.collection = '${name}' and a.client_key in (select key from keys)
      )
      select h.version::float8 as at, h.server_id as id, ${recordOf(collection)}
        ${fromHeads(collection)} join named on named.server_id = h.server_id
       where h.user_id = $1 and ${shownIf(collection, '$5::boolean')}
       order by named.rank, h.version desc limit 1`;
  }

  /** Parents that are not known, or another account's, have no children. */
  async children<T>(
    { collection: collectionName, reference, orderBy, limit }: Offspring,
    parents: readonly string[],
    { userId, deleted, sql = this.reads.of(userId) }: Reading,
  ): Promise<Plain<T>[]> {
    const collection = this.collections.get(collectionName);
    const parent = `h.${parentColumnOf(reference)}`;
    const rows = await sql.query<{ record: Plain<T> }>({
      name: `children-${collectionName}`,
      text: `select ${recordOf(collection)} ${fromHeads(collection)}
        where h.user_id = $1 and ${parent} = any($2::uuid[]) and ${shownIf(collection, '$3::boolean')}
        order by array_position($2::uuid[], ${parent}), ${orderBy}, h.server_id limit $4`,
      values: [userId, parents, deleted, limit],
    });
    return rows.map(({ record }) => record);
  }

  /** The one head of a collection that has one per user; null before a device has sent it. */
  async single<T>(
    collectionName: string,
    { userId, sql = this.reads.of(userId) }: Omit<Reading, 'deleted'>,
  ): Promise<Plain<T> | null> {
    const collection = this.collections.get(collectionName);
    const [row] = await sql.query<{ record: Plain<T> }>({
      name: `single-${collectionName}`,
      text: this.onlySql(collection),
      values: [userId],
    });
    return row?.record ?? null;
  }
}
