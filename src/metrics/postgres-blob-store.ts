import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { AppError } from '../common/app-error.js';
import type { Sql } from '../database/sql.js';
import {
  BlobStore,
  type Change,
  type Chunk,
  type NamedSeries,
  type Series,
  type SessionName,
  type StoredChunk,
  type TimeSpan,
} from './blob-store.js';
import { LIST_SERIES, nameOfKey, nameValues, WITH_NAMES } from './session-names.js';

const CHUNK = `id, session_key as "sessionKey", first_at as "firstAt", last_at as "lastAt", sample_count as "sampleCount"`;

/** Names as an array, not as a join: the primary key is then always used for both of its first columns. */
const FIND = `${WITH_NAMES}
  select coalesce((select client_key from named), $3) as key, array(select key from names) as keys,
    exists (select from sync_devices where user_id = $1 and device_id = $4 and revoked_at is not null) as revoked,
    (select coalesce(json_agg(c), '[]') from (
      select ${CHUNK} from metric_chunks
      where user_id = $1 and session_key = any (array(select key from names))
      order by first_at, id) c) as chunks`;

const OPEN = `
  select ${CHUNK}, blob as bytes from metric_chunks
  where user_id = $1 and session_key = any ($2) and last_at >= $3 and first_at <= $4
  order by first_at, id`;

/** At least one row: without chunks it only tells whether there is such a session. */
const readChunks = (columns: string) => `${WITH_NAMES}
  select exists (select from named) or exists (
      select from metric_chunks where user_id = $1 and session_key = any (array(select key from names))) as known, c.*
  from (select) one left join lateral (
    select ${columns} from metric_chunks
    where user_id = $1 and session_key = any (array(select key from names)) and last_at >= $4 and first_at <= $5
  ) c on true
  order by c."firstAt", c.id`;

const READ = readChunks(`${CHUNK}, blob as bytes`);
const LIST = readChunks(`id, first_at as "firstAt"`);

const LOCK = `select lock_metric_series($1, $2) as locked`;
const REPLACE = `select replace_metric_chunks($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as outcome`;

/** As PostgreSQL sends it: bigint is text. */
type ChunkRow = Omit<StoredChunk, 'firstAt' | 'lastAt'> & { firstAt: string; lastAt: string };

interface SeriesRow {
  key: string;
  serverId: string | null;
  clientId: string | null;
  again: boolean;
}

/** Chunks as rows of `metric_chunks`. */
@Injectable()
export class PostgresBlobStore extends BlobStore {
  async find(sql: Sql, name: SessionName & { deviceId: string }): Promise<Series> {
    const values = [...(await nameValues(sql, name)), name.deviceId];
    const [row] = await sql.query<{ key: string; keys: string[]; revoked: boolean; chunks: Chunk[] }>({
      name: 'metrics_find',
      text: FIND,
      values,
    });
    if (row.revoked) throw new AppError('sync.device_revoked');
    return { userId: name.userId, key: row.key, keys: row.keys, chunks: row.chunks };
  }

  async open(sql: Sql, { userId, keys }: Series, { firstAt, lastAt }: TimeSpan): Promise<StoredChunk[]> {
    const values = [userId, keys, firstAt, lastAt];
    const rows = await sql.query<ChunkRow>({ name: 'metrics_open', text: OPEN, values });
    return rows.map(withNumbers);
  }

  async read(sql: Sql, name: SessionName, { firstAt, lastAt }: TimeSpan): Promise<StoredChunk[]> {
    const values = [...(await nameValues(sql, name)), firstAt, lastAt];
    const rows = await sql.query<ChunkRow & { known: boolean }>({ name: 'metrics_read', text: READ, values });
    if (!rows[0].known) throw new AppError('record.unknown');
    return rows[0].id === null ? [] : rows.map(withNumbers);
  }

  async list(sql: Sql, name: SessionName, { firstAt, lastAt }: TimeSpan): Promise<Pick<Chunk, 'id'>[]> {
    const values = [...(await nameValues(sql, name)), firstAt, lastAt];
    const rows = await sql.query<{ id: string | null; known: boolean }>({
      name: 'metrics_list',
      text: LIST,
      values,
    });
    if (!rows[0].known) throw new AppError('record.unknown');
    return rows.flatMap(({ id }) => (id === null ? [] : [{ id }]));
  }

  async listSeries(sql: Sql, userId: string, after: string, limit: number): Promise<NamedSeries[]> {
    const rows = await sql.query<SeriesRow>({
      name: 'metrics_series',
      text: LIST_SERIES,
      values: [userId, after, limit],
    });
    return rows.map(({ key, serverId, clientId, again }) => {
      const name = serverId === null ? nameOfKey(userId, key) : { userId, id: serverId };
      return { key, name, sessionId: clientId ?? name.id, serverId, again };
    });
  }

  async lock(tx: Sql, { userId, keys }: Series): Promise<void> {
    const [row] = await tx.query<{ locked: boolean }>({
      name: 'metrics_lock',
      text: LOCK,
      values: [userId, keys],
    });
    if (!row.locked) throw new AppError('auth.token_revoked');
  }

  async replace(
    sql: Sql,
    { userId, key, keys, chunks }: Series,
    { removed, added }: Change,
  ): Promise<boolean> {
    const values = [
      userId,
      keys,
      chunks.map(({ id }) => id),
      removed.map(({ id }) => id),
      key,
      added.map(() => v7()),
      added.map(({ firstAt }) => firstAt),
      added.map(({ lastAt }) => lastAt),
      added.map(({ sampleCount }) => sampleCount),
      added.map(({ bytes }) => bytes.length),
      // As one value it travels as it is; an array of them would travel as text, twice as long.
      Buffer.concat(added.map(({ bytes }) => bytes)),
    ];
    const [{ outcome }] = await sql.query<{ outcome: 'replaced' | 'series_changed' | 'account_gone' }>({
      name: 'metrics_replace',
      text: REPLACE,
      values,
    });
    if (outcome === 'account_gone') throw new AppError('auth.token_revoked');
    return outcome === 'replaced';
  }
}

const withNumbers = ({ id, sessionKey, firstAt, lastAt, sampleCount, bytes }: ChunkRow): StoredChunk => ({
  id,
  sessionKey,
  firstAt: Number(firstAt),
  lastAt: Number(lastAt),
  sampleCount,
  bytes,
});
