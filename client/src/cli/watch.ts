import { AutoSync } from '../sync/auto-sync.js';
import type { CallOptions } from '../api/sync-api.js';
import type { SyncManager } from '../sync/sync-manager.js';
import type { Call } from './command.js';
import type { Phone } from './phone.js';
import { watchProgress } from './progress.js';
import { didSomething } from './report.js';
import { newsSince } from './reported-sync.js';
import { sentenceOf } from './sentences.js';
import { when } from './table.js';

/** How soon an edit that another command makes on this phone is noticed. */
const LOOK_MS = 1000;

/** Syncs by itself until Ctrl-C. */
export async function watch(call: Call, { manager }: Phone, intervalMs: number): Promise<void> {
  const endProgress = watchProgress(manager, call.terminal.stderr);
  const auto = new AutoSync({ syncAll: await toldSyncs(call, manager) }, { intervalMs });
  await manager.refreshStatus();
  auto.start();
  const stopLooking = lookForEdits(manager, () => auto.workoutFinished());
  await new Promise<void>((resolve) => {
    call.terminal.onInterrupt(resolve);
  });
  stopLooking();
  auto.stop();
  endProgress();
}

/** A sync that says what it did, if that is anything, and why it failed. */
async function toldSyncs(call: Call, manager: SyncManager) {
  const tell = await newsSince(manager);
  const say = (line: string) => call.say(`${when(Date.now())}  ${line}`);
  let isFirst = true;
  return async (options?: CallOptions) => {
    try {
      const outcome = await manager.syncAll(options);
      const lines = await tell(outcome);
      if (isFirst || didSomething(outcome)) for (const line of lines) say(line);
      isFirst = false;
      return outcome;
    } catch (error) {
      if (!options?.signal?.aborted) say(sentenceOf(error));
      throw error;
    }
  };
}

/** Another process cannot tell this one that it has edited something; what waits in the store can. */
function lookForEdits(manager: SyncManager, onEdit: () => void): () => void {
  const waiting = () => {
    const { pending, samplesPending } = manager.getStatus();
    return pending + samplesPending;
  };
  let seen = waiting();
  const timer = setInterval(() => {
    if (waiting() > seen && manager.getStatus().state !== 'syncing') onEdit();
    seen = waiting();
    // A store that fails makes the next sync fail, which is told.
    manager.refreshStatus().catch(() => undefined);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
