import type { CallOptions, SyncApi } from '../api/sync-api.js';
import { applyPull, recordsOf } from './apply-pull.js';
import { applyPush } from './apply-push.js';
import type { DeviceState } from './device-state.js';
import type { DeviceDescription } from './send.js';
import type { LocalStore } from './local-store.js';

export interface PullTools {
  api: SyncApi;
  device: DeviceDescription;
  local: LocalStore;
  now: () => number;
  /** Records a page: what is in memory at once, and what is lost when a download breaks off. */
  pageRecords: number;
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
  const { api, local, now, pageRecords } = tools;
  const outcome = { received: 0, resync: false };
  let total: number | null = null;
  for (;;) {
    onProgress(outcome.received, total);
    const state = await introduced(tools, options);
    const { deviceId, cursor, epoch } = state;
    const place = { deviceId, lastSync: cursor, ...(epoch === null ? {} : { epoch }) };
    const answer = await api.pull({ ...place, limit: pageRecords }, options);
    const page = recordsOf(answer).length;
    const isTaken = await local.write((book) => applyPull(book, state, answer, now()));
    if (!isTaken) continue;
    outcome.received += page;
    outcome.resync ||= answer.resync;
    if (!answer.hasMore) return outcome;
    // Asked only where a progress bar is worth a request.
    total ??= outcome.received + (await pendingAfter(api, deviceId, answer.syncTime, options));
  }
}

/**
 * A device without a cursor may be a new installation under an old id, of which the portal believes that it holds what its
 * last push sent. A push of nothing takes that back, and gives the first cursor.
 */
async function introduced(
  { api, local, now, device }: PullTools,
  options: CallOptions,
): Promise<DeviceState> {
  const state = await local.state();
  if (state.cursor !== 0) return state;
  const answer = await api.push({ ...device, deviceId: state.deviceId, lastSync: 0 }, options);
  await local.write((book) => applyPush(book, { state, sent: [] }, answer, now()));
  return local.state();
}

async function pendingAfter(api: SyncApi, deviceId: string, lastSync: number, options: CallOptions) {
  return (await api.syncStatus({ deviceId, lastSync }, options)).pendingChanges;
}
