import type { Sql } from '../database/sql.js';

/** How a request names a session: its server's or a client's id, and for a phone's row number whose it is. */
export interface SessionName {
  userId: string;
  id: string;
  deviceId?: string;
}

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

/** All chunks of one session, under whichever of its names they came. */
export interface Series {
  userId: string;
  /** The name that new chunks go under: the session's own, or, while it has not arrived, the one it was asked for by. */
  key: string;
  keys: string[];
  /** In the order of their first sample. */
  chunks: Chunk[];
}

/** Inclusive on both sides. */
export interface TimeSpan {
  firstAt: number;
  lastAt: number;
}

export interface Change {
  removed: readonly Chunk[];
  added: readonly NewChunk[];
}

/** A key under which samples lie, and the series they are of. */
export interface NamedSeries {
  key: string;
  /** By this the series is read. */
  name: SessionName;
  /** As the session is shown to devices that own no row numbers; the name samples came under, while it has not arrived. */
  sessionId: string;
  serverId: string | null;
  /** A lesser key is of the same series. */
  again: boolean;
}

/**
 * Where chunks lie and how they are found. In PostgreSQL now; with some ten thousand active users their bytes belong
 * into an object store, of which nothing outside an implementation of this class need know.
 */
export abstract class BlobStore {
  /**
   * What an upload needs to know: the session may have arrived or not.
   * @throws AppError sync.device_revoked
   */
  abstract find(sql: Sql, name: SessionName & { deviceId: string }): Promise<Series>;

  /** Chunks of a series that reach into the span, with their bytes. Some may be gone since `find` named them. */
  abstract open(sql: Sql, series: Series, span: TimeSpan): Promise<StoredChunk[]>;

  /**
   * For readers: the chunks of a session, deleted or not, that reach into the span, in the order of their first sample.
   * @throws AppError record.unknown if there is neither such a session nor a sample of it; another user's session is as
   * unknown as one that never was. request.invalid if several devices have a session of this number.
   */
  abstract read(sql: Sql, name: SessionName, span: TimeSpan): Promise<StoredChunk[]>;

  /** Which chunks `read` would give, without their bytes and at a fraction of its cost. Throws as it does. */
  abstract list(sql: Sql, name: SessionName, span: TimeSpan): Promise<Pick<Chunk, 'id'>[]>;

  /** The keys of an account after this one, in their order; at most `limit`. */
  abstract listSeries(sql: Sql, userId: string, after: string, limit: number): Promise<NamedSeries[]>;

  /**
   * Until the end of the transaction nobody else changes the series.
   * @throws AppError auth.token_revoked when the account is gone
   */
  abstract lock(tx: Sql, series: Series): Promise<void>;

  /**
   * Commits or fails as one. False, and nothing done, if the series no longer consists of exactly the chunks that `find`
   * gave.
   * @throws AppError auth.token_revoked when the account is gone
   */
  abstract replace(sql: Sql, series: Series, change: Change): Promise<boolean>;
}
