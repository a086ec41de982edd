import { PortalError } from '../api/portal-error.js';
import type { CallOptions, SyncApi } from '../api/sync-api.js';
import { applyPull, recordsOf } from './apply-pull.js';
import { forAccount } from './device-state.js';
import type { Proof } from './send.js';
import type { LocalStore } from './local-store.js';

export interface PullTools {
  api: SyncApi;
  local: LocalStore;
  now: () => number;
  /** Records a page: what is in memory at once, and what is lost when a download breaks off. */
  pageRecords: number;
  proof: Proof;
}

export interface PullOutcome {
  received: number;
  /** The portal did not know this device's cursor and sent everything. */
  resync: boolean;
}

/** Asks for what this device lacks, page by page; each is stored together with the cursor behind it. */
export async function receive(
  tools: PullTools,
  options: CallOptions,
  onProgress: (done: number, total: number | null) => void,
): Promise<PullOutcome> {
  const { api, local, now, pageRecords, proof } = tools;
  const outcome = { received: 0, resync: false };
  let total: number | null = null;
  for (;;) {
    onProgress(outcome.received, total);
    const state = await local.state();
    const { deviceId, cursor, epoch } = state;
    const place = {
      deviceId,
      lastSync: cursor,
      receipt: proof.receiptFor(state),
      ...(epoch === null ? {} : { epoch }),
    };
    const answer = await api.pull({ ...place, limit: pageRecords }, forAccount(options, state));
    // A page that leads nowhere would come for ever; but the first one of a resync may end just where this device was.
    const isFirstOfResync = answer.resync && !outcome.resync;
    if (answer.hasMore && answer.syncTime === cursor && !isFirstOfResync)
      throw new PortalError('client.bad_answer');
    const page = recordsOf(answer).length;
    const isTaken = await local.write((book) => applyPull(book, state, answer, now()));
    if (!isTaken) continue;
    outcome.received += page;
    outcome.resync ||= answer.resync;
    if (!answer.hasMore) return outcome;
    // Asked only where a progress bar is worth a request.
    total ??=
      outcome.received +
      (await pendingAfter(api, { ...place, lastSync: answer.syncTime }, forAccount(options, state)));
  }
}

async function pendingAfter(
  api: SyncApi,
  { deviceId, lastSync, receipt }: { deviceId: string; lastSync: number; receipt: number },
  options: CallOptions,
) {
  return (await api.syncStatus({ deviceId, lastSync, receipt }, options)).pendingChanges;
}
