import { PortalError } from '../api/portal-error.js';
import type { CallOptions, MetricColumns, SyncApi } from '../api/sync-api.js';
import { type DeviceState, forAccount, getState } from './device-state.js';
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
import type { Refusal } from './record.js';
import {
  forgetRefused,
  hasRefused,
  type KeptSeries,
  keepSeries,
  keptSeries,
  noteUploaded,
  piecesFrom,
  putPiece,
  putRefused,
  putWaiting,
  type RefusedSamples,
  refusedSamples,
  waitingOf,
  waitingSamples,
} from './sample-queue.js';

/** Samples in one request: 100 s at 50 Hz, half a megabyte before compression. */
const MAX_UPLOAD_SAMPLES = 5_000;

/** What one request uploads. */
interface Upload {
  id: string;
  /** Whose upload it is. */
  state: DeviceState;
  columns: SampleColumns;
  /** Number of the piece. */
  piece: number;
}

/** The portal’s own refusal of the samples or their number, as against the account, the device or the network. */
const isAboutSamples = ({ code, status }: PortalError) =>
  (status === 400 || status === 413) && !code.startsWith('client.');

/** The portal answered, and may answer otherwise for another session. Where it is away or asks to wait, nobody goes on. */
const isAboutOneSession = (error: unknown) =>
  error instanceof PortalError &&
  (error.status === 404 || error.status === 500) &&
  error.retryAfterMs === null;

/** What the address of a session cannot be made of. */
const isUnfit = (id: string) => id === '' || id === '.' || id === '..' || /\p{Surrogate}/u.test(id);

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
    if (isUnfit(session))
      throw new PortalError('client.invalid_samples', { detail: 'the id of the session' });
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

  /** What the portal would not take, with the reason. */
  refused(): Promise<RefusedSamples[]> {
    return this.local.read((_, tx) => refusedSamples(tx));
  }

  /** The user has seen that a session's samples were refused. They stay on this device. */
  async dismissRefused(session: string): Promise<void> {
    await this.local.write(async (book, tx) => forgetRefused(tx, await ownId(book, session)));
  }

  /**
   * Of one session, or of all. Sessions that the portal does not have yet wait for it; one that fails does not stop the
   * others.
   * @returns how many sessions were uploaded whole
   */
  async upload(
    only: string | undefined,
    options: CallOptions,
    onProgress: (done: number, total: number) => void,
  ): Promise<number> {
    const session = only && (await this.local.read((view) => ownId(view, only)));
    const all = await this.local.read((_, tx) => waitingSamples(tx));
    const due = all.filter(({ sessionId }) => !session || idKey(session) === idKey(sessionId));
    const failures: unknown[] = [];
    let uploaded = 0;
    for (const [index, { sessionId }] of due.entries()) {
      onProgress(index, due.length);
      try {
        if (await this.uploadSession(sessionId, options)) uploaded++;
      } catch (error) {
        if (!isAboutOneSession(error)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return uploaded;
  }

  /** @returns whether the portal has all of them now */
  private async uploadSession(sessionId: string, options: CallOptions): Promise<boolean> {
    let isWhole = true;
    for (;;) {
      const next = await this.nextUpload(sessionId);
      if (next === 'session first') return false;
      if (next === 'done') return isWhole;
      const { piece, state } = next;
      const refusal = await this.send(next, options);
      await this.local.write(async (book, tx) => {
        // Given to another account meanwhile, or to be sent to a restored portal: then it has to go again.
        if (book.state.userId !== state.userId || book.state.epoch !== state.epoch) return;
        if (refusal) await putRefused(tx, { sessionId, piece, refusal });
        await noteUploaded(tx, sessionId, piece);
      });
      if (refusal) isWhole = false;
    }
  }

  private nextUpload(sessionId: string): Promise<Upload | 'done' | 'session first'> {
    return this.local.read(async (view, tx) => {
      const waiting = await waitingOf(tx, sessionId);
      const [piece] = waiting ? await piecesFrom(tx, sessionId, waiting.from, 1) : [];
      if (piece === undefined) return 'done';
      const session = await view.find('sessions', sessionId);
      if (session && !session.record.serverId) return 'session first';
      const id = session?.record.serverId ?? sessionId;
      return { id, state: await getState(tx), columns: piece.columns, piece: piece.number };
    });
  }

  /** @returns why the portal will never take them, or null */
  private async send({ id, state, columns }: Upload, options: CallOptions): Promise<Refusal | null> {
    const { deviceId } = state;
    try {
      await this.api.uploadMetrics(id, { ...columns, deviceId }, forAccount(options, state));
      return null;
    } catch (error) {
      if (!(error instanceof PortalError) || !isAboutSamples(error)) throw error;
      return { code: error.code, field: null, message: error.message };
    }
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
      state: await getState(tx),
      kept: await keptSeries(tx, sessionId),
      own: (await piecesFrom(tx, sessionId, 0)).map(({ columns }) => columns),
      isOwnMissing: (await waitingOf(tx, sessionId)) !== undefined || (await hasRefused(tx, sessionId)),
    }));
    const { id, state, kept, own, isOwnMissing } = held;
    const { deviceId } = state;
    const before = kept?.columns as MetricColumns | undefined;
    try {
      const etag = kept?.etag ? { etag: kept.etag } : {};
      const answer = await this.api.downloadMetrics(id, { deviceId, ...etag }, forAccount(options, state));
      const columns = answer.columns ?? (before as MetricColumns);
      if (answer.columns) await this.keep(state, sessionId, { etag: answer.etag, columns });
      return isOwnMissing ? { sessionId, ...joinColumns([columns, ...own]) } : columns;
    } catch (error) {
      if (!(error instanceof PortalError) || !isAway(error)) throw error;
      if (before === undefined && own.length === 0) throw error;
      return { sessionId, ...joinColumns(before ? [before, ...own] : own) };
    }
  }

  private keep({ userId }: DeviceState, sessionId: string, series: KeptSeries): Promise<void> {
    return this.local.write(async (book, tx) => {
      if (book.state.userId === userId) await keepSeries(tx, sessionId, series);
    });
  }
}
