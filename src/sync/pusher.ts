import { cursorStatements, type DeviceState, forgettingStatements } from './device-state.js';
import { deviceStatements } from './devices.js';
import type { SyncPushRequest } from './envelope.js';
import type { Holding } from './holding.js';
import type { PushContext } from './plan.js';
import type { Versioned } from './versions.js';
import type { Writes } from './writes.js';

/** One push on its way to commit. */
export interface Pusher {
  context: PushContext;
  state: DeviceState;
  request: SyncPushRequest;
  lastSync: number;
  /** Kinds of children of which some wait for a parent. */
  waiting: ReadonlySet<string>;
}

/** What a push has done, for the books. */
interface Done {
  syncTime: number;
  holding: Holding;
  versions: Versioned;
  wrote: boolean;
  holdsOthers: boolean;
}

/** Device and cursor; a push that changed nothing and told nothing new writes neither. */
export function remember(
  writes: Writes,
  { context, state, request, lastSync }: Pusher,
  { syncTime, holding, versions, wrote, holdsOthers }: Done,
): void {
  const { userId, deviceId, standing } = context;
  const known = syncTime === lastSync && state.issued;
  writes.add(
    deviceStatements(userId, state, {
      deviceId,
      deviceName: request.deviceName ?? null,
      platform: request.platform ?? null,
      usedCursor: state.usedCursor || (lastSync !== 0 && !standing.fresh),
      firstGiven: state.firstGiven ?? (holdsOthers ? state.clock : null),
      lastCursor: syncTime,
      holding: { ...holding, pushCursor: lastSync },
      wrote,
    }),
  );
  const holds = holding.held !== null || holding.marks.length > 0;
  if (known && !holds) return;
  const issued = {
    cursor: syncTime,
    first: standing.fresh && syncTime < versions.clock,
    // The same value as the one presented proves nothing: the device may have it from before this push.
    pushNumber: holds && syncTime !== lastSync ? holding.pushNumber : null,
  };
  writes.add(cursorStatements(userId, deviceId, issued));
  writes.add(forgettingStatements(userId, deviceId, syncTime));
}
