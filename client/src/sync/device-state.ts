import type { Json, ReadTransaction, WriteTransaction } from '../store/store.js';
import { COLLECTION_NAMES } from './complete.js';

/** Who this store is to the portal, and how far it has got. One entry of the store, saved together with records. */
export interface DeviceState {
  deviceId: string;
  /** Whose data this is: id of the account; null before the first sign-in. */
  userId: string | null;
  /** `syncTime` of the last answer whose records are stored here. 0: none yet. */
  cursor: number;
  epoch: number | null;
  /** Numbers edits and conflicts of this device. */
  sequence: number;
  /** The greatest number of an edit that may have been put on the wire. */
  sentUpTo: number;
  /** The collections this version of the program took in; what arrived of others was passed over. */
  knows: string[];
  /** When this device last was in step with the portal, epoch ms. */
  lastSyncedAt: number | null;
}

const KEY = 'device';

/** @returns undefined in a new store */
export async function readState(tx: ReadTransaction): Promise<DeviceState | undefined> {
  return (await tx.get('meta', KEY)) as DeviceState | undefined;
}

export async function getState(tx: ReadTransaction): Promise<DeviceState> {
  const state = await readState(tx);
  if (state === undefined) throw new Error('the store has not been opened by a SyncManager');
  return state;
}

export const writeState = (tx: WriteTransaction, state: DeviceState) =>
  tx.put('meta', KEY, { ...state } satisfies Record<string, Json>);

/**
 * A newer program knows a collection of which the cursor says that it was received: everything is asked for again. Asked
 * in every transaction, since an older program may have the same store open and move the cursor past that collection.
 */
export const widened = (state: DeviceState): DeviceState =>
  COLLECTION_NAMES.every((name) => state.knows.includes(name))
    ? state
    : { ...state, knows: COLLECTION_NAMES, cursor: 0 };

/** Options of a request that is made for the account of this state, and for no other. */
export const forAccount = <T extends object>(options: T, { userId }: DeviceState) =>
  userId === null ? options : { ...options, accountId: userId };

/** Whether an answer to a request that was made in the one state may still move the cursor of the other. */
export const isSamePlace = (a: DeviceState, b: DeviceState) =>
  a.deviceId === b.deviceId && a.userId === b.userId && a.cursor === b.cursor && a.epoch === b.epoch;
