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
  type NamedSeries,
  type Series,
  type SessionName,
  type StoredChunk,
  type TimeSpan,
} from './blob-store.js';
import { nextTurn } from './event-loop.js';
import { MAX_SERIES_SAMPLES } from './limits.js';
import { pack, unpack } from './parquet.js';
import { readForeign } from './parquet-foreign.js';
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

/** What became of samples: how many the series has now, and whether any of it is new. */
export interface Stored {
  total: number;
  changed: boolean;
}

/** A series on its way out of the server. */
export interface ParquetSeries extends TimeSpan {
  sampleCount: number;
  bytes: Buffer;
}

/** Keys of series that are read at once. */
const SERIES_PAGE = 200;

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
  async upload(name: Uploader, { received, samples }: Upload): Promise<UploadResult> {
    const { total } = await this.addAndTell(name, samples);
    return { uploaded: received, total };
  }

  /**
   * Adds a series as `parquet` gave it, by this server or another.
   * @throws AppError metrics.invalid_samples, and as `upload` does
   */
  addParquet(name: Uploader, bytes: Buffer): Promise<Stored> {
    return this.addAndTell(name, readForeign(bytes));
  }

  private async addAndTell(name: Uploader, samples: SampleColumns): Promise<Stored> {
    const stored = await this.add(name, samples);
    this.changes.tell({ userId: name.userId, deviceId: name.deviceId, clock: null });
    return stored;
  }

  private async add(name: Uploader, samples: SampleColumns): Promise<Stored> {
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const stored = await this.storeUnlocked(name, samples);
      if (stored !== null) return stored;
    }
    return this.database.of(name.userId).transaction({ mode: 'write' }, async (tx) => {
      await this.blobs.lock(tx, await this.blobs.find(tx, name));
      const stored = await this.store(tx, name, samples);
      if (stored === null) throw new SeriesChanged();
      return stored;
    });
  }

  /** Packing comes before the lock, so that neither a connection nor other uploads wait for it. */
  private async storeUnlocked(name: Uploader, samples: SampleColumns): Promise<Stored | null> {
    try {
      return await this.store(this.database.of(name.userId), name, samples);
    } catch (error) {
      if (error instanceof SeriesChanged) return null;
      throw error;
    }
  }

  /** Null, with nothing stored, if the series changed on the way. */
  private async store(sql: Sql, name: Uploader, samples: SampleColumns): Promise<Stored | null> {
    const series = await this.blobs.find(sql, name);
    const { total, ...change } = await this.plan(sql, series, samples);
    const changed = change.added.length > 0;
    const done = !changed || (await this.blobs.replace(sql, series, change));
    return done ? { total, changed } : null;
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

  /** Every series of an account, once. Nothing is held while the caller works on one. */
  async *allSeries(userId: string): AsyncGenerator<NamedSeries> {
    let after = '';
    for (;;) {
      const page = await this.blobs.listSeries(this.database.of(userId), userId, after, SERIES_PAGE);
      yield* page.filter(({ again }) => !again);
      if (page.length < SERIES_PAGE) return;
      after = page[page.length - 1].key;
    }
  }

  /** A whole series as one Parquet file: as it is stored, where it is stored as one. */
  async parquet(name: SessionName): Promise<ParquetSeries> {
    const chunks = await this.chunks(name, {});
    const [only] = chunks;
    if (chunks.length === 1)
      return { ...spanOfAll(chunks), sampleCount: only.sampleCount, bytes: only.bytes };
    const samples = await this.samples(chunks, {});
    return { ...spanOfAll(chunks), sampleCount: samples.count, bytes: await pack(samples) };
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

const spanOfAll = (chunks: readonly Chunk[]): TimeSpan => ({
  firstAt: Math.min(...chunks.map(({ firstAt }) => firstAt)),
  lastAt: Math.max(...chunks.map(({ lastAt }) => lastAt)),
});
const haveSameIds = (some: readonly Pick<Chunk, 'id'>[], others: readonly Pick<Chunk, 'id'>[]): boolean =>
  some.length === others.length && some.every(({ id }, n) => id === others[n]?.id);

const spanOf = ({ from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER + 1 }: Range): TimeSpan => ({
  firstAt: from,
  lastAt: to - 1,
});

/** In the order in which they were stored: where two have the same time, the later is right. */
const open = (chunks: readonly StoredChunk[]): SampleColumns[] =>
  chunks.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ bytes }) => unpack(bytes));
