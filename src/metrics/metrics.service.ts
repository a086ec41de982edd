import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { Changes } from '../sync/changes.js';
import { PortalReads } from '../sync/portal-reads.js';
import {
  BlobStore,
  type Change,
  type Chunk,
  type Series,
  type SessionName,
  type StoredChunk,
  type TimeSpan,
} from './blob-store.js';
import { nextTurn } from './event-loop.js';
import { MAX_SERIES_SAMPLES } from './limits.js';
import { unpack } from './parquet.js';
import { overlapping, packPieces, planWrite } from './plan-write.js';
import type { Upload } from './read-upload.js';
import { concat, lowerBound, merge, type SampleColumns, slice } from './sample-columns.js';

/** Times packing is done without holding the lock; after that the upload queues for it. */
const OPTIMISTIC_ATTEMPTS = 2;

export interface UploadResult {
  uploaded: number;
  total: number;
}

/** From `from` on and before `to`, epoch ms. */
export interface Range {
  from?: number;
  to?: number;
}

type Uploader = SessionName & { deviceId: string };

/** A chunk that was planned with is no longer there. */
class SeriesChanged extends AppError {
  constructor() {
    super('sync.busy', { retryAfterSeconds: 1 });
  }
}

/** Keeps the sensor samples of sessions: never a row per sample, never a sample lost, whatever came first. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly changes: Changes,
    private readonly reads: PortalReads,
  ) {}

  /**
   * Adds samples to a session's series. Uploads for one series at the same time all get in.
   * @throws AppError sync.device_revoked, auth.token_revoked, request.too_large
   */
  async upload(name: Uploader, upload: Upload): Promise<UploadResult> {
    const result = await this.add(name, upload);
    this.changes.tell({ userId: name.userId, deviceId: name.deviceId, clock: null });
    return result;
  }

  private async add(name: Uploader, { received, samples }: Upload): Promise<UploadResult> {
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const total = await this.storeUnlocked(name, samples);
      if (total !== null) return { uploaded: received, total };
    }
    const total = await this.database.of(name.userId).transaction({ mode: 'write' }, async (tx) => {
      await this.blobs.lock(tx, await this.blobs.find(tx, name));
      const stored = await this.store(tx, name, samples);
      if (stored === null) throw new SeriesChanged();
      return stored;
    });
    return { uploaded: received, total };
  }

  /** Packing comes before the lock, so that neither a connection nor other uploads wait for it. */
  private async storeUnlocked(name: Uploader, samples: SampleColumns): Promise<number | null> {
    try {
      return await this.store(this.database.of(name.userId), name, samples);
    } catch (error) {
      if (error instanceof SeriesChanged) return null;
      throw error;
    }
  }

  /** How many samples the series has now; null, with nothing stored, if it changed on the way. */
  private async store(sql: Sql, name: Uploader, samples: SampleColumns): Promise<number | null> {
    const series = await this.blobs.find(sql, name);
    const { total, ...change } = await this.plan(sql, series, samples);
    const done = change.added.length === 0 || (await this.blobs.replace(sql, series, change));
    return done ? total : null;
  }

  private async plan(sql: Sql, series: Series, samples: SampleColumns): Promise<Change & { total: number }> {
    const { removed, pieces, total } = await planWrite(samples, series.chunks, async (chunks) => {
      const span = { firstAt: chunks[0].firstAt, lastAt: Math.max(...chunks.map(({ lastAt }) => lastAt)) };
      const wanted = new Set(chunks.map(({ id }) => id));
      const found = (await this.blobs.open(sql, series, span)).filter(({ id }) => wanted.has(id));
      if (found.length < chunks.length) throw new SeriesChanged();
      return open(found);
    });
    if (total > MAX_SERIES_SAMPLES)
      throw new AppError('request.too_large', {
        detail: `A session may have at most ${MAX_SERIES_SAMPLES} samples; nothing of this upload was stored.`,
      });
    return { removed, added: await packPieces(pieces), total };
  }

  /**
   * The chunks that hold a session's samples of a time range, as they are stored.
   * @throws AppError record.unknown, request.invalid
   */
  chunks(name: SessionName, range: Range): Promise<StoredChunk[]> {
    const span = spanOf(range);
    return this.reads.checked(
      name.userId,
      (sql) => this.blobs.read(sql, name, span),
      async (found, primary) => haveSameIds(found, await this.blobs.list(primary, name, span)),
    );
  }

  /** Which chunks `chunks` would give, without their bytes. Throws as it does. */
  chunkList(name: SessionName, range: Range): Promise<Pick<Chunk, 'id'>[]> {
    return this.blobs.list(this.database.of(name.userId), name, spanOf(range));
  }

  /** The samples of chunks within a time range, each time once. */
  async samples(
    chunks: readonly StoredChunk[],
    { from = -Infinity, to = Infinity }: Range,
  ): Promise<SampleColumns> {
    const parts: SampleColumns[] = [];
    for (const group of overlapping(chunks)) {
      if (parts.length > 0) await nextTurn();
      parts.push(open(group).reduce((older, newer) => merge(older, newer).merged));
    }
    const all = concat(parts);
    return slice(all, lowerBound(all, from), lowerBound(all, to));
  }
}

const haveSameIds = (some: readonly Pick<Chunk, 'id'>[], others: readonly Pick<Chunk, 'id'>[]): boolean =>
  some.length === others.length && some.every(({ id }, n) => id === others[n]?.id);

const spanOf = ({ from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER + 1 }: Range): TimeSpan => ({
  firstAt: from,
  lastAt: to - 1,
});

/** In the order in which they were stored: where two have the same time, the later is right. */
const open = (chunks: readonly StoredChunk[]): SampleColumns[] =>
  chunks.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ bytes }) => unpack(bytes));
