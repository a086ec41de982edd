import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import type { Sql } from '../database/sql.js';
import {
  BlobStore,
  type Chunk,
  type Replacement,
  type SeriesKeys,
  type StoredChunk,
  type TimeSpan,
} from './blob-store.js';

/** As PostgreSQL sends it: bigint is text. */
type ChunkRow<C extends Chunk> = Omit<C, 'firstAt' | 'lastAt'> & { firstAt: string; lastAt: string };

const CHUNK = `id, session_key as "sessionKey", first_at as "firstAt", last_at as "lastAt", sample_count as "sampleCount"`;

const LIST = `
  select ${CHUNK} from metric_chunks
  where user_id = $1 and session_key = any($2)
  order by first_at, id`;

const LOAD = `
  select ${CHUNK}, blob as bytes from metric_chunks
  where user_id = $1 and session_key = any($2) and last_at >= $3 and first_at <= $4
  order by first_at, id`;

const REMOVE = `delete from metric_chunks where user_id = $1 and session_key = any($2) and id = any($3)`;

const ADD = `
  insert into metric_chunks (user_id, session_key, id, first_at, last_at, sample_count, blob)
  values ($1, $2, $3, $4, $5, $6, $7)`;

/** Chunks as rows of `metric_chunks`. */
@Injectable()
export class PostgresBlobStore extends BlobStore {
  async list(sql: Sql, { userId, keys }: SeriesKeys): Promise<Chunk[]> {
    const rows = await sql.query<ChunkRow<Chunk>>({
      name: 'metrics_list',
      text: LIST,
      values: [userId, keys],
    });
    return rows.map(withNumbers);
  }

  async load(sql: Sql, { userId, keys }: SeriesKeys, { firstAt, lastAt }: TimeSpan): Promise<StoredChunk[]> {
    const values = [userId, keys, firstAt, lastAt];
    const rows = await sql.query<ChunkRow<StoredChunk>>({ name: 'metrics_load', text: LOAD, values });
    return rows.map(withNumbers);
  }

  async replace(tx: Sql, { userId, key, removed, added }: Replacement): Promise<void> {
    if (removed.length > 0) {
      const keys = removed.map(({ sessionKey }) => sessionKey);
      const ids = removed.map(({ id }) => id);
      await tx.query({ name: 'metrics_remove', text: REMOVE, values: [userId, keys, ids] });
    }
    // One statement each, although usually there is one: an array of bytea would travel as text, twice as long.
    for (const { firstAt, lastAt, sampleCount, bytes } of added) {
      const values = [userId, key, v7(), firstAt, lastAt, sampleCount, bytes];
      await tx.query({ name: 'metrics_add', text: ADD, values });
    }
  }
}

const withNumbers = <C extends Chunk>(row: ChunkRow<C>) =>
  ({ ...row, firstAt: Number(row.firstAt), lastAt: Number(row.lastAt) }) as unknown as C;
