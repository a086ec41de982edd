import { PortalError } from '../api/portal-error.js';
import type { CallOptions, MetricColumns, SyncApi } from '../api/sync-api.js';
import type { Store } from '../store/store.js';
import { type PushOutcome, sendAllAgain } from './apply-push.js';
import { COLLECTION_NAMES } from './complete.js';
import { type Digest, digestOf, platformSha256, type Sha256, shownRecords } from './digest.js';
import { getState } from './device-state.js';
import { LocalRecords } from './local-records.js';
import { LocalStore } from './local-store.js';
import { Observable } from './observable.js';
import { type PullOutcome, receive } from './receive.js';
import type { MetricSample } from './sample-columns.js';
import type { RefusedSamples } from './sample-queue.js';
import { Samples } from './samples.js';
import { type DeviceDescription, Proof, Sender } from './send.js';
import {
  INITIAL_STATUS,
  stateAfter,
  type SyncProgress,
  type SyncStatus,
  toPortalError,
} from './sync-status.js';
import { Turns } from './turns.js';

export interface SyncManagerOptions {
  api: SyncApi;
  store: Store;
  /** `deviceId`: made and kept by the store unless the application has one; the same for the life of the device. */
  device?: DeviceDescription & { deviceId?: string };
  /** The phone's clock, epoch ms; it may be wrong. */
  now?: () => number;
  /** Records in one page of a pull, 1 to 5000. */
  pageRecords?: number;
  /** Records in one push at most; fewer where the portal or the network asks for it. */
  batchRecords?: number;
  /** Only for `digest`, and only where the platform has no `crypto.subtle`. */
  sha256?: Sha256;
}

export interface SyncOutcome {
  pushed: PushOutcome;
  pulled: PullOutcome;
  /** Sessions whose samples were uploaded. */
  uploaded: number;
}

const PAGE_RECORDS = 1000;
const BATCH_RECORDS = 1000;

/** As the portal says it. */
const PREMIUM_TITLE = 'Premium subscription required';

const added = (a: PushOutcome, b: PushOutcome): PushOutcome => ({
  accepted: a.accepted + b.accepted,
  refused: a.refused + b.refused,
  superseded: a.superseded + b.superseded,
});

/**
 * Keeps a store and a portal the same. What it promises: an edit made here is dirty until the portal has said that it has
 * exactly that edit; what a cursor stands for is in the store; one sync runs at a time; every failure leaves a state from
 * which the next sync goes on. What it does not: to be called by itself (AutoSync does that), or to keep two edits of one
 * record apart — the portal decides which is shown, and has the other in its history.
 */
export class SyncManager {
  readonly records: LocalRecords;
  private readonly local: LocalStore;
  private readonly samples: Samples;
  private readonly proof = new Proof();
  private readonly now: () => number;
  private readonly sender: Sender;
  private readonly status = new Observable<SyncStatus>(INITIAL_STATUS);
  private readonly turns = new Turns();
  private readonly counts = new Turns();
  #count: Promise<void> | null = null;
  #isPremiumMissing = false;
  /** Begun, but nothing read yet: it will see what any caller has stored by now. */
  #next: { outcome: Promise<SyncOutcome>; signal: AbortSignal | undefined } | null = null;

  constructor(private readonly options: SyncManagerOptions) {
    const { api, store, device: { deviceId, ...device } = {}, batchRecords = BATCH_RECORDS } = options;
    // Some clocks tell fractions; times on the wire are whole.
    const now = () => Math.floor((options.now ?? Date.now)());
    this.now = now;
    this.local = new LocalStore(store, deviceId);
    this.records = new LocalRecords(this.local, now);
    this.samples = new Samples(api, this.local);
    this.sender = new Sender({ api, local: this.local, device, now, proof: this.proof }, batchRecords);
    this.records.onChange(() => void this.refreshStatus().catch((error: unknown) => this.fail(error)));
  }

  /** What a user may want to see. After a start call `refreshStatus` once, which counts what the store holds. */
  getStatus(): SyncStatus {
    return this.status.get();
  }

  /** @returns what ends it */
  subscribe(listener: (status: SyncStatus) => void): () => void {
    return this.status.subscribe(listener);
  }

  /**
   * Push, pull, and the samples that wait. Callers that come while one runs share the next one, which begins after it
   * with the options of the first of them; those with a signal of their own get one of their own.
   */
  syncAll(options: CallOptions = {}): Promise<SyncOutcome> {
    if (this.#next && this.#next.signal === options.signal) return this.#next.outcome;
    const outcome = this.turns.take(() => {
      if (this.#next?.outcome === outcome) this.#next = null;
      return this.guarded(() => this.syncNow(options));
    });
    this.#next = { outcome, signal: options.signal };
    return outcome;
  }

  /** Sends what was edited here. */
  pushChanges(options: CallOptions = {}): Promise<PushOutcome> {
    return this.run(() => this.sendNow(options));
  }

  /** Receives what was edited elsewhere. */
  pullChanges(options: CallOptions = {}): Promise<PullOutcome> {
    return this.run(() => this.receiveNow(options));
  }

  /** Keeps samples of a session until they are uploaded, and after that. */
  async recordSamples(sessionId: string, samples: readonly MetricSample[]): Promise<void> {
    await this.samples.record(sessionId, samples);
    await this.refreshStatus();
  }

  /** Samples that the portal would not take, with the reason; they stay on this device. */
  rejectedSamples(): Promise<RefusedSamples[]> {
    return this.samples.refused();
  }

  /** The user has seen that samples of a session were refused. */
  async dismissRejectedSamples(sessionId: string): Promise<void> {
    await this.samples.dismissRefused(sessionId);
    await this.refreshStatus();
  }

  /** Uploads the samples that wait, of one session or of all whose session the portal has. @returns sessions done */
  uploadMetrics(sessionId?: string, options: CallOptions = {}): Promise<number> {
    return this.run(() => this.uploadNow(sessionId, options));
  }

  /** All samples of a session: from the portal if it can be asked, else what this device has. */
  downloadMetrics(sessionId: string, options: CallOptions = {}): Promise<MetricColumns> {
    return this.samples.download(sessionId, options);
  }

  /** What the portal's digest says of the same records: if the two are equal, so are the data. */
  async digest(): Promise<Digest> {
    const shown = await this.local.read((view) => shownRecords(view));
    return digestOf(shown, this.options.sha256 ?? platformSha256);
  }

  /** How this device is called on the portal. */
  async deviceId(): Promise<string> {
    return (await this.local.state()).deviceId;
  }

  /**
   * Says whose data this store holds. The first account becomes the owner. Every sync does it with the account that the
   * API is signed in to; a sign-in dialogue may do it at once.
   * @throws PortalError client.other_account if it holds the data of another one; see `moveToAccount`
   */
  async useAccount(userId: string): Promise<void> {
    const { userId: owner } = await this.local.state();
    if (owner === userId) return;
    await this.local.write(async (book) => {
      if (book.state.userId !== null && book.state.userId !== userId)
        throw new PortalError('client.other_account');
      book.state = { ...book.state, userId };
    });
  }

  /** Gives everything on this device to another account: it is sent there whole. The old account keeps its copy. */
  async moveToAccount(userId: string): Promise<void> {
    await this.turns.take(() =>
      this.local.write(async (book) => {
        book.state = { ...book.state, userId, cursor: 0, epoch: null };
        await book.forgetServerIds(COLLECTION_NAMES);
        await sendAllAgain(book);
      }),
    );
    await this.refreshStatus();
  }

  /** Counts anew; done by itself after every sync and every edit. Calls at one time share one count. */
  refreshStatus(): Promise<void> {
    this.#count ??= this.counts.take(async () => {
      this.#count = null;
      const counted = await this.local.read(async (_, tx) => ({
        pending: await tx.count('outbox'),
        rejected: await tx.count('refused'),
        conflicts: await tx.count('conflicts'),
        samplesPending: await tx.count('samples'),
        lastSyncedAt: (await getState(tx)).lastSyncedAt,
      }));
      this.show(counted);
    });
    return this.#count;
  }

  private async syncNow(options: CallOptions): Promise<SyncOutcome> {
    const { epoch } = await this.local.state();
    let pushed = await this.sendNow(options);
    const pulled = await this.receiveNow(options);
    // The portal said that it was restored from a backup: what it may have lost goes there at once.
    const isRestored = epoch !== null && (await this.local.state()).epoch !== epoch;
    if (isRestored) pushed = added(pushed, await this.sendNow(options));
    await this.noteSynced();
    const uploaded = await this.uploadNow(undefined, options);
    return { pushed, pulled, uploaded };
  }

  private run<T>(work: () => Promise<T>): Promise<T> {
    return this.turns.take(() => this.guarded(work));
  }

  /** Shows what is under way and how it ended; whatever goes wrong is thrown as a PortalError. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    this.show({ state: 'syncing', error: null });
    try {
      const userId = await this.options.api.accountId?.();
      if (userId) await this.useAccount(userId);
      const result = await work();
      this.show({ state: 'idle', progress: null });
      return result;
    } catch (thrown) {
      throw this.fail(thrown);
    } finally {
      await this.refreshStatus().catch((error: unknown) => this.fail(error));
    }
  }

  private fail(thrown: unknown): PortalError {
    const error = toPortalError(thrown);
    this.#isPremiumMissing ||= error.code === 'premium.required';
    this.show({ state: stateAfter(error), progress: null, error });
    return error;
  }

  private show(change: Partial<SyncStatus>): void {
    this.status.set({ ...this.status.get(), ...change });
  }

  private progress(phase: SyncProgress['phase'], done: number, total: number | null): void {
    this.show({ progress: { phase, done, total } });
  }

  private async sendNow(options: CallOptions): Promise<PushOutcome> {
    await this.checkPremium(options);
    return this.sender.send(options, (done, total) => this.progress('push', done, total));
  }

  private async receiveNow(options: CallOptions): Promise<PullOutcome> {
    await this.checkPremium(options);
    const { api, pageRecords = PAGE_RECORDS } = this.options;
    const tools = { api, local: this.local, now: this.now, pageRecords, proof: this.proof };
    return receive(tools, options, (done, total) => this.progress('pull', done, total));
  }

  private async uploadNow(sessionId: string | undefined, options: CallOptions): Promise<number> {
    await this.checkPremium(options);
    return this.samples.upload(sessionId, options, (done, total) => this.progress('upload', done, total));
  }

  /** Once it said that premium is missing, the portal is only asked whether that still is so, which everybody may. */
  private async checkPremium(options: CallOptions): Promise<void> {
    if (!this.#isPremiumMissing) return;
    const { isPremium } = await this.options.api.syncStatus({ deviceId: await this.deviceId() }, options);
    if (!isPremium) throw new PortalError('premium.required', { status: 403, title: PREMIUM_TITLE });
    this.#isPremiumMissing = false;
  }

  private async noteSynced(): Promise<void> {
    await this.local.write(async (book) => {
      book.state = { ...book.state, lastSyncedAt: this.now() };
    });
  }
}
