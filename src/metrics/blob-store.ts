import type { Sql } from '../database/sql.js';

/** What is known of a chunk without opening it. */
export interface Chunk {
  /** Greater for chunks stored later. */
  id: string;
  sessionKey: string;
  firstAt: number;
  lastAt: number;
  sampleCount: number;
}

export interface StoredChunk extends Chunk {
  bytes: Buffer;
}

export type NewChunk = Omit<StoredChunk, 'id' | 'sessionKey'>;

/** Whose chunks, and under which names of the session. */
export interface SeriesKeys {
  userId: string;
  keys: readonly string[];
}

export interface Replacement {
  userId: string;
  /** New chunks go under this name. */
  key: string;
  removed: readonly Chunk[];
  added: readonly NewChunk[];
}

/** Inclusive on both sides. */
export interface TimeSpan {
  firstAt: number;
  lastAt: number;
}

/**
 * Where chunks lie. In PostgreSQL now; with some ten thousand active users their bytes belong into an object store, of
 * which nothing outside an implementation of this class need know. What `replace` does commits or fails as one with its
 * transaction; a chunk that `list` named may be gone when `load` looks for it.
 */
export abstract class BlobStore {
  /** All chunks, in the order of their first sample. */
  abstract list(sql: Sql, series: SeriesKeys): Promise<Chunk[]>;
  /** The chunks that reach into the span, with their bytes, in the order of their first sample. */
  abstract load(sql: Sql, series: SeriesKeys, span: TimeSpan): Promise<StoredChunk[]>;
  abstract replace(tx: Sql, replacement: Replacement): Promise<void>;
}
