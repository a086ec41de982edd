import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database, type Sql } from '../database/sql.js';
import { readDeviceState, refuseRevoked } from '../sync/device-state.js';
import {
  BlobStore,
  type Chunk,
  type NewChunk,
  type SeriesKeys,
  type StoredChunk,
  type TimeSpan,
} from './blob-store.js';
import { nextTurn } from './event-loop.js';
import { MAX_SERIES_SAMPLES } from './limits.js';
import { unpack } from './parquet.js';
import { overlapping, packPieces, planWrite } from './plan-write.js';
import type { Upload } from './read-upload.js';
import { resolveSession, type Session, type SessionName } from './resolve-session.js';
import { concat, lowerBound, merge, type SampleColumns, slice } from './sample-columns.js';

/** Times packing is done without holding the lock; after that the upload queues for it. */
const OPTIMISTIC_ATTEMPTS = 2;

/**
 * Names are locked in one order, so that uploads under several names of a session cannot wait for each other in a
 * circle. The key of the clock row keeps an account that is being deleted from growing rows again.
 */
const LOCK = `
  with account as materialized (select from sync_clock where user_id = $1 for key share)
  select exists (select from account) as "exists", pg_advisory_xact_lock(name) from (
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

/** What has to be stored, and the chunks it was made from: it holds only while those are all there is. */
interface Plan {
  stored: Chunk[];
  removed: Chunk[];
  added: NewChunk[];
  total: number;
}

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
  ) {}

  /**
   * Adds samples to a session's series. Uploads for one series at the same time all get in.
   * @throws AppError sync.device_revoked, auth.token_revoked, request.too_large
   */
  async upload(
    name: SessionName & { deviceId: string },
    { received, samples }: Upload,
  ): Promise<UploadResult> {
    refuseRevoked(await readDeviceState(this.database, name.userId, name.deviceId, 0));
    const session = await resolveSession(this.database, name);
    const series = { userId: name.userId, keys: session.keys };
    for (let attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
      const plan = await this.planUnlocked(series, samples);
      if (plan && (await this.store(session, series, plan))) return { uploaded: received, total: plan.total };
    }
    const total = await this.database.transaction({ mode: 'write' }, async (tx) => {
      await lock(tx, series);
      const plan = await this.plan(tx, series, samples);
      await this.replace(tx, session, series, plan);
      return plan.total;
    });
    return { uploaded: received, total };
  }

  /**
   * Packing comes before the lock, so that neither a connection nor other uploads wait for it. Null if the series has
   * changed on the way.
   */
  private async planUnlocked(series: SeriesKeys, samples: SampleColumns): Promise<Plan | null> {
    try {
      return await this.plan(this.database, series, samples);
    } catch (error) {
      if (error instanceof SeriesChanged) return null;
      throw error;
    }
  }

  /** False if the series has changed since the plan was made: nothing was stored then. */
  private async store(session: Session, series: SeriesKeys, plan: Plan): Promise<boolean> {
    if (plan.added.length === 0) return true;
    return this.database.transaction({ mode: 'write' }, async (tx) => {
      await lock(tx, series);
      const unchanged = sameChunks(await this.blobs.list(tx, series), plan.stored);
      if (unchanged) await this.replace(tx, session, series, plan);
      return unchanged;
    });
  }

  private replace(
    tx: Sql,
    { key }: Session,
    { userId }: SeriesKeys,
    { removed, added }: Plan,
  ): Promise<void> {
    return this.blobs.replace(tx, { userId, key, removed, added });
  }

  private async plan(sql: Sql, series: SeriesKeys, samples: SampleColumns): Promise<Plan> {
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
  async samples(
    chunks: readonly StoredChunk[],
    { from = -Infinity, to = Infinity }: Range,
  ): Promise<SampleColumns> {
    const parts: SampleColumns[] = [];
    for (const group of overlapping(chunks)) {
      if (parts.length > 0) await nextTurn();
      parts.push((await open(group)).reduce((older, newer) => merge(older, newer).merged));
    }
    const all = concat(parts);
    return slice(all, lowerBound(all, from), lowerBound(all, to));
  }
}

/** @throws AppError auth.token_revoked when the account is gone */
async function lock(tx: Sql, { userId, keys }: SeriesKeys): Promise<void> {
  const [account] = await tx.query<{ exists: boolean }>({
    name: 'metrics_lock',
    text: LOCK,
    values: [userId, keys],
  });
  if (!account.exists) throw new AppError('auth.token_revoked');
}

/** Chunks are never changed, only replaced under a new id. */
const sameChunks = (left: readonly Chunk[], right: readonly Chunk[]) =>
  left.length === right.length && left.every(({ id }, i) => id === right[i].id);

/** In the order in which they were stored: where two have the same time, the later is right. */
function open(chunks: readonly StoredChunk[]): Promise<SampleColumns[]> {
  const ordered = chunks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return Promise.all(ordered.map(({ bytes }) => unpack(bytes)));
}
