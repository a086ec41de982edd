import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database, type Sql } from '../database/sql.js';
import { BlobStore, type Chunk, type SeriesKeys, type StoredChunk, type TimeSpan } from './blob-store.js';
import { nextTurn } from './event-loop.js';
import { MAX_SERIES_SAMPLES } from './limits.js';
import { unpack } from './parquet.js';
import { overlapping, packPieces, planWrite } from './plan-write.js';
import type { Upload } from './read-upload.js';
import { resolveSession, type Session, type SessionName } from './resolve-session.js';
import { allocate, concat, lowerBound, merge, type SampleColumns, slice } from './sample-columns.js';

/** Times packing is done without holding the lock; after that the upload queues for it. */
const OPTIMISTIC_ATTEMPTS = 2;

/** Locks of other parts of the server have other names, so that they never wait for each other. */
const LOCK = `
  select pg_advisory_xact_lock(name) from (
    select distinct hashtextextended('metrics/' || $1::text || '/' || key, 0) as name from unnest($2::text[]) key
    order by name) as names`;

const ALWAYS: TimeSpan = { firstAt: Number.MIN_SAFE_INTEGER, lastAt: Number.MAX_SAFE_INTEGER };

export interface UploadResult {
  uploaded: number;
  total: number;
}

/** From `from` on and before `to`, epoch ms. */
export interface Range {
  from?: number;
  to?: number;
}

/** Thrown when a chunk that was planned with is no longer there. */
class SeriesChanged extends Error {}

/** Keeps the sensor samples of sessions: never a row per sample, never a sample lost, whatever came first. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
  ) {}

  /** Adds samples to a session's series. Uploads for one series at the same time all get in. */
  async upload(name: SessionName, { received, samples }: Upload): Promise<UploadResult> {
    const session = await resolveSession(this.database, name);
    const series = { userId: name.userId, keys: session.keys };
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const total = await this.tryStore(session, series, samples);
      if (total !== null) return { uploaded: received, total };
    }
    const total = await this.database.transaction({ mode: 'write' }, async (tx) => {
      await lock(tx, series);
      const plan = await this.plan(tx, series, samples);
      await this.blobs.replace(tx, { userId: series.userId, key: session.key, ...plan });
      return plan.total;
    });
    return { uploaded: received, total };
  }

  /**
   * Packs first and then takes the lock, so that neither a connection nor other uploads wait for the packing. Null if
   * the series has changed meanwhile: nothing was stored.
   */
  private async tryStore(session: Session, series: SeriesKeys, samples: SampleColumns): Promise<number | null> {
    const plan = await this.plan(this.database, series, samples).catch((error: unknown) => {
      if (error instanceof SeriesChanged) return null;
      throw error;
    });
    if (!plan) return null;
    if (plan.added.length === 0) return plan.total;
    return this.database.transaction({ mode: 'write' }, async (tx) => {
      await lock(tx, series);
      if (!sameChunks(await this.blobs.list(tx, series), plan.stored)) return null;
      await this.blobs.replace(tx, { userId: series.userId, key: session.key, ...plan });
      return plan.total;
    });
  }

  private async plan(sql: Sql, series: SeriesKeys, samples: SampleColumns) {
    const stored = await this.blobs.list(sql, series);
    const { removed, pieces, total } = await planWrite(samples, stored, async (chunks) => {
      const span = { firstAt: chunks[0].firstAt, lastAt: Math.max(...chunks.map(({ lastAt }) => lastAt)) };
      const wanted = new Set(chunks.map(({ id }) => id));
      const found = (await this.blobs.load(sql, series, span)).filter(({ id }) => wanted.has(id));
      if (found.length < chunks.length) throw new SeriesChanged();
      return open(found);
    });
    if (total > MAX_SERIES_SAMPLES)
      throw new AppError('request.too_large', {
        detail: `A session may have at most ${MAX_SERIES_SAMPLES} samples; nothing of this upload was stored.`,
      });
    return { stored, removed, added: await packPieces(pieces), total };
  }

  /** The chunks that hold a session's samples of a time range, as they are stored. */
  async chunks(name: SessionName, { from, to }: Range): Promise<StoredChunk[]> {
    const session = await resolveSession(this.database, name);
    const series = { userId: name.userId, keys: session.keys };
    const span = { firstAt: from ?? ALWAYS.firstAt, lastAt: to === undefined ? ALWAYS.lastAt : to - 1 };
    const found = await this.blobs.load(this.database, series, span);
    if (found.length > 0 || session.known) return found;
    // Samples outside the range prove that there is such a session, although it has not arrived.
    if ((await this.blobs.list(this.database, series)).length === 0) throw new AppError('record.unknown');
    return [];
  }

  /** The samples of chunks within a time range, each time once. */
  async samples(chunks: readonly StoredChunk[], { from = -Infinity, to = Infinity }: Range): Promise<SampleColumns> {
    const parts: SampleColumns[] = [allocate(0)];
    for (const group of overlapping(chunks)) {
      if (parts.length > 1) await nextTurn();
      parts.push((await open(group)).reduce((older, newer) => merge(older, newer).merged));
    }
    const all = concat(parts);
    return slice(all, lowerBound(all, from), lowerBound(all, to));
  }
}

async function lock(tx: Sql, { userId, keys }: SeriesKeys): Promise<void> {
  await tx.query({ name: 'metrics_lock', text: LOCK, values: [userId, keys] });
}

/** Chunks are never changed, only replaced under a new id. */
const sameChunks = (left: readonly Chunk[], right: readonly Chunk[]) =>
  left.length === right.length && left.every(({ id }, i) => id === right[i].id);

/** In the order in which they were stored: where two have the same time, the later is right. */
function open(chunks: readonly StoredChunk[]): Promise<SampleColumns[]> {
  const ordered = chunks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return Promise.all(ordered.map(({ bytes }) => unpack(bytes)));
}
