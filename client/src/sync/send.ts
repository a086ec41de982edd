import { PortalError } from '../api/portal-error.js';
import type { CallOptions, SyncApi, SyncPushAnswer } from '../api/sync-api.js';
import { applyPush, type PushOutcome } from './apply-push.js';
import { type DeviceState, forAccount, getState } from './device-state.js';
import type { LocalStore } from './local-store.js';
import { type Batch, nextBatch, sectionsOf, type SentRecord } from './outbox.js';

export interface DeviceDescription {
  /** As other devices of the account show it: `Maria’s Pixel`. */
  deviceName?: string;
  /** `android`, `ios`, `web`, `cli`, … */
  platform?: string;
}

/**
 * What this running program can show for its last push whose answer it has stored. In memory only: a program that was
 * restored, cloned or installed anew does not hold what others sent under its name.
 */
export class Proof {
  #receipt = 0;
  #userId: string | null = null;

  /** The answer to a push of this account has been stored. 0: the answer was dropped. */
  keep(receipt: number, { userId }: DeviceState): void {
    this.#receipt = receipt;
    this.#userId = userId;
  }

  /** What may be shown for this account; 0: nothing. Another account counts its receipts by itself. */
  receiptFor({ userId }: DeviceState): number {
    return userId === this.#userId ? this.#receipt : 0;
  }
}

export interface PushTools {
  api: SyncApi;
  local: LocalStore;
  device: DeviceDescription;
  now: () => number;
  proof: Proof;
}

/**
 * A push that timed out may have been too long for this network: it is halved so often before the sync is given up for
 * now. The next one begins with the smaller size.
 */
const MAX_TIMEOUTS = 2;

/** The portal itself could not take the body: one record in it may be too large, or nothing it can read. */
const isAboutContent = ({ code, status }: PortalError) =>
  code.startsWith('request.') && (status === 413 || status === 400);

/** Sends the outbox, batch by batch, and takes in each answer before the next batch. */
export class Sender {
  #batchRecords: number;
  #timeouts = 0;

  constructor(
    private readonly tools: PushTools,
    private readonly maxBatchRecords: number,
  ) {
    this.#batchRecords = maxBatchRecords;
  }

  /**
   * Sends what was dirty when it began; what is edited meanwhile waits for the next time.
   * @throws PortalError and what the store throws; batches that were answered before that stay acknowledged
   */
  async send(options: CallOptions, onProgress: (done: number, total: number) => void): Promise<PushOutcome> {
    const { local } = this.tools;
    this.#timeouts = 0;
    const total = { accepted: 0, refused: 0, superseded: 0 };
    const { upTo, waiting } = await this.begin();
    let done = 0;
    for (let after = ''; ;) {
      onProgress(done, waiting);
      const asked = await local.read(async (_, tx) => ({
        state: await getState(tx),
        batch: await nextBatch(tx, { after, upTo, limit: this.#batchRecords }),
      }));
      if (asked.batch === null) return total;
      const outcome = await this.sendBatch(asked.state, asked.batch, options);
      if (outcome === null) continue;
      after = asked.batch.last;
      done += asked.batch.sent.length;
      for (const key of ['accepted', 'refused', 'superseded'] as const) total[key] += outcome[key];
    }
  }

  /** Notes which edits may be on the wire from now on. */
  private async begin(): Promise<{ upTo: number; waiting: number }> {
    const { local } = this.tools;
    const waiting = await local.read((_, tx) => tx.count('outbox'));
    if (waiting === 0) return { upTo: 0, waiting };
    return local.write(async (book) => {
      const upTo = book.state.sequence;
      book.state = { ...book.state, sentUpTo: upTo };
      return { upTo, waiting };
    });
  }

  /** @returns null if the batch is to be made anew: smaller, or for the place this device has moved to */
  private async sendBatch(
    state: DeviceState,
    { sent }: Batch,
    options: CallOptions,
  ): Promise<PushOutcome | null> {
    if (sent.length === 0) return { accepted: 0, refused: 0, superseded: 0 };
    const { local, now } = this.tools;
    const answer = await this.ask(state, sent, options);
    if (answer === 'halve') return null;
    if (answer instanceof PortalError) return this.setAside(sent, answer);
    this.#batchRecords = Math.min(this.maxBatchRecords, this.#batchRecords * 2);
    const outcome = await local.write((book) => applyPush(book, { state, sent }, answer, now()));
    this.tools.proof.keep(outcome ? answer.receipt : 0, state);
    return outcome;
  }

  /** @returns the answer; or that the batch is to be halved; or why its only record can never be sent */
  private async ask(
    state: DeviceState,
    sent: readonly SentRecord[],
    options: CallOptions,
  ): Promise<SyncPushAnswer | 'halve' | PortalError> {
    const { deviceId, cursor, epoch } = state;
    const { device, proof } = this.tools;
    const known = epoch === null ? {} : { epoch };
    const place = { ...device, deviceId, lastSync: cursor, receipt: proof.receiptFor(state), ...known };
    const push = (sections: ReturnType<typeof sectionsOf>) =>
      this.tools.api.push({ ...sections, ...place }, forAccount(options, state));
    try {
      return await push(sectionsOf(sent));
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      const isTimeout = error.code === 'client.timeout';
      if (!isTimeout && !isAboutContent(error)) throw error;
      this.#batchRecords = Math.max(1, Math.floor(sent.length / 2));
      if (isTimeout && this.#timeouts++ >= MAX_TIMEOUTS) throw error;
      if (sent.length > 1) return 'halve';
      if (isTimeout) throw error;
      // Where nothing at all can be pushed it is not the record: this throws.
      await push({});
      return error.status === 413 ? new PortalError('client.record_too_large') : error;
    }
  }

  private async setAside(sent: readonly SentRecord[], { code, message }: PortalError): Promise<PushOutcome> {
    await this.tools.local.write(async (book) => {
      for (const { collection, key, dirty } of sent) {
        const row = await book.get(collection, key);
        if (row?.dirty === dirty) await book.setAside(row, { code, field: null, message });
      }
    });
    return { accepted: 0, refused: sent.length, superseded: 0 };
  }
}
