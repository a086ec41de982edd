import { PortalError } from '../api/portal-error.js';

export type SyncState =
  /** Nothing under way; the last sync went well, or there was none yet. */
  | 'idle'
  | 'syncing'
  /** The portal cannot be reached, or is away: it is tried again. */
  | 'offline'
  /** Something that waiting does not mend; see `error`. */
  | 'error'
  /** Signed in without premium: nothing is sent until that changes. */
  | 'notPremium'
  /** The portal wants the user to sign in. */
  | 'signedOut';

/** Numbers for a progress bar. */
export interface SyncProgress {
  phase: 'push' | 'pull' | 'upload';
  done: number;
  /** null until the portal has said how much there is. */
  total: number | null;
}

/** What a user may want to see. A new object with every change. */
export interface SyncStatus {
  state: SyncState;
  progress: SyncProgress | null;
  /** Edits of this device that the portal does not have yet. */
  pending: number;
  /** Records that the portal would not take. */
  rejected: number;
  /** Edits that met another device's edit, until they are dismissed. */
  conflicts: number;
  /** Sessions whose samples wait to be uploaded. */
  samplesPending: number;
  /** When this device last was in step with the portal, epoch ms. */
  lastSyncedAt: number | null;
  /** Why the last sync did not go through. */
  error: PortalError | null;
}

export const INITIAL_STATUS: SyncStatus = {
  state: 'idle',
  progress: null,
  pending: 0,
  rejected: 0,
  conflicts: 0,
  samplesPending: 0,
  lastSyncedAt: null,
  error: null,
};

/** What a failed sync means to a user. */
export function stateAfter(error: PortalError): SyncState {
  if (error.code === 'premium.required') return 'notPremium';
  if (error.code === 'client.signed_out') return 'signedOut';
  if (error.code === 'client.aborted') return 'idle';
  return error.retryable ? 'offline' : 'error';
}

/** Whatever was thrown, as the one class that callers know. */
export const toPortalError = (error: unknown): PortalError =>
  error instanceof PortalError ? error : new PortalError('client.storage', { cause: error });
