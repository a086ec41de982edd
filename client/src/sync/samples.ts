import { PortalError } from '../api/portal-error.js';
import type { CallOptions, MetricColumns, SyncApi } from '../api/sync-api.js';
import { getState } from './device-state.js';
import { idKey } from './keys.js';
import type { LocalStore } from './local-store.js';
import type { RecordView } from './record-view.js';
import {
  checkSamples,
  joinColumns,
  type MetricSample,
  type SampleColumns,
  toColumns,
} from './sample-columns.js';
import {
  type KeptSeries,
  keepSeries,
  keptSeries,
  noteUploaded,
  piecesFrom,
  putPiece,
  putWaiting,
  waitingOf,
  waitingSamples,
  type WaitingSamples,
} from './sample-queue.js';

/** Samples in one request: 100 s at 50 Hz, half a megabyte before compression. */
const MAX_UPLOAD_SAMPLES = 5_000;

/** What one request uploads. */
interface Upload {
  id: string;
  deviceId: string;
  columns: SampleColumns;
  /** Number of the piece. */
  piece: number;
}

/** Problems with the samples or their number, as against the account, the device or the portal. */
const isAboutSamples = ({ status }: PortalError) => status === 400 || status === 413;

/** The portal cannot be asked now, or does not know of the session yet; anything else it says stands. */
const isAway = ({ code, status, retryable }: PortalError) =>
  retryable || code === 'client.signed_out' || status === 404;

/** The one id under which this device keeps the samples of a session, whichever of its ids is asked with. */
async function ownId(view: RecordView, sessionId: string): Promise<string> {
  const session = await view.find('sessions', sessionId);
  return session ? decodeURIComponent(session.key) : sessionId;
}

/**
 * Sensor samples: recorded in pieces, which stay on this device; uploaded after their session; downloaded when somebody
 * looks, and kept.
 */
export class Samples {
  constructor(
    private readonly api: SyncApi,
    private readonly local: LocalStore,
  ) {}

  /** @throws PortalError client.invalid_samples, and nothing is kept: the portal would refuse all of them for one */
  async record(session: string, samples: readonly MetricSample[]): Promise<void> {
    checkSamples(samples);
    if (samples.length === 0) return;
    await this.local.write(async (book, tx) => {
      const sessionId = await ownId(book, session);
      const waiting = await waitingOf(tx, sessionId);
      const from = waiting?.from ?? book.state.sequence + 1;
      for (let i = 0; i < samples.length; i += MAX_UPLOAD_SAMPLES)
        await putPiece(tx, sessionId, book.nextNumber(), toColumns(samples.slice(i, i + MAX_UPLOAD_SAMPLES)));
      await putWaiting(tx, { sessionId, from });
    });
  }

  waiting(): Promise<WaitingSamples[]> {
    return this.local.read((_, tx) => waitingSamples(tx));
  }

  /**
   * Of one session, or of all. Sessions that the portal does not have yet wait for it.
   * @returns how many sessions were uploaded whole
   */
  async upload(
    only: string | undefined,
    options: CallOptions,
    onProgress: (done: number, total: number) => void,
  ): Promise<number> {
    const session = only && (await this.local.read((view) => ownId(view, only)));
    const waiting = (await this.waiting()).filter(
      ({ sessionId, refusal }) => !refusal && (!session || idKey(session) === idKey(sessionId)),
    );
    let uploaded = 0;
    for (const [index, { sessionId }] of waiting.entries()) {
      onProgress(index, waiting.length);
      if (await this.uploadSession(sessionId, options)) uploaded++;
    }
    return uploaded;
  }

  /** @returns whether the portal has all of them now */
  private async uploadSession(sessionId: string, options: CallOptions): Promise<boolean> {
    for (;;) {
      const next = await this.nextUpload(sessionId);
      if (next === 'session first') return false;
      if (next === 'done') return true;
      const refusal = await this.send(next, options);
      if (refusal) {
        await this.setAside(sessionId, refusal);
        return false;
      }
      await this.local.write((_, tx) => noteUploaded(tx, sessionId, next.piece));
    }
  }

  private nextUpload(sessionId: string): Promise<Upload | 'done' | 'session first'> {
    return this.local.read(async (view, tx) => {
      const waiting = await waitingOf(tx, sessionId);
      const [piece] = waiting ? await piecesFrom(tx, sessionId, waiting.from, 1) : [];
      if (piece === undefined) return 'done';
      const session = await view.find('sessions', sessionId);
      if (session && !session.record.serverId) return 'session first';
      const { deviceId } = await getState(tx);
      const id = session?.record.serverId ?? sessionId;
      return { id, deviceId, columns: piece.columns, piece: piece.number };
    });
  }

  /** @returns why the portal will never take them, or null */
  private async send({ id, deviceId, columns }: Upload, options: CallOptions): Promise<PortalError | null> {
    try {
      await this.api.uploadMetrics(id, { ...columns, deviceId }, options);
      return null;
    } catch (error) {
      if (error instanceof PortalError && isAboutSamples(error)) return error;
      throw error;
    }
  }

  private async setAside(sessionId: string, { code, message }: PortalError): Promise<void> {
    await this.local.write(async (_, tx) => {
      const waiting = await waitingOf(tx, sessionId);
      if (waiting) await putWaiting(tx, { ...waiting, refusal: { code, field: null, message } });
    });
  }

  /**
   * The portal's series, which has the samples of all devices; kept here, and only sent again when it has changed.
   * Without a network: what was kept, or what this device recorded.
   * @throws PortalError if nothing is here and the portal cannot be asked
   */
  async download(session: string, options: CallOptions): Promise<MetricColumns> {
    const sessionId = await this.local.read((view) => ownId(view, session));
    const held = await this.local.read(async (view, tx) => ({
      id: (await view.find('sessions', session))?.record.serverId ?? session,
      deviceId: (await getState(tx)).deviceId,
      kept: await keptSeries(tx, sessionId),
      own: (await piecesFrom(tx, sessionId, 0)).map(({ columns }) => columns),
      isWaiting: (await waitingOf(tx, sessionId)) !== undefined,
    }));
    const { id, deviceId, kept, own, isWaiting } = held;
    const before = kept?.columns as MetricColumns | undefined;
    try {
      const etag = kept?.etag ? { etag: kept.etag } : {};
      const answer = await this.api.downloadMetrics(id, { deviceId, ...etag }, options);
      const columns = answer.columns ?? (before as MetricColumns);
      if (answer.columns) await this.keep(sessionId, { etag: answer.etag, columns });
      return isWaiting ? { sessionId, ...joinColumns([columns, ...own]) } : columns;
    } catch (error) {
      if (!(error instanceof PortalError) || !isAway(error)) throw error;
      if (before === undefined && own.length === 0) throw error;
      return { sessionId, ...joinColumns(before ? [before, ...own] : own) };
    }
  }

  private keep(sessionId: string, series: KeptSeries): Promise<void> {
    return this.local.write((_, tx) => keepSeries(tx, sessionId, series));
  }
}
