import type { SyncApi } from '../../client/src/api/sync-api.js';
import type { SimCollection } from './commands.js';
import type { Line } from './line.js';
import type { PushAnswer, PushBody } from './wire.js';

/** A head as the server has it, seen past the API. */
export interface ViewedHead {
  collection: SimCollection;
  serverId: string;
  version: number;
  /** See marks.ts: what tells two states of a record apart. */
  mark: string;
  updatedAt: number;
  deletedAt: number | null;
  /** Every name it goes by: `g:` and the id in lower case, or `d:`, device, `/` and the row number. */
  keys: readonly string[];
  /** All parents are known. */
  isResolved: boolean;
  /** A parent is deleted. */
  isHidden: boolean;
}

export interface ServerView {
  clock: number;
  /** Wall time. */
  now: number;
  epoch: number;
  heads: ReadonlyMap<string, ViewedHead>;
  /** `stateKey` → how often it stands in the history. */
  history: ReadonlyMap<string, number>;
  /** `device/cursor`: the cursors that would be honoured. */
  cursors: ReadonlySet<string>;
  /** `device/serverId/version` of a head that a device is still owed → the cursor it counts under. */
  owed: ReadonlyMap<string, number>;
}

/** Names one state of a record; the edit time comes last. */
export const stateKey = (serverId: string, mark: string, deletedAt: unknown, updatedAt: unknown) =>
  `${serverId} ${mark} ${JSON.stringify(deletedAt ?? null)} ${JSON.stringify(updatedAt)}`;

/** What the simulation needs of a server: the model in memory, or the real one. */
export interface SimServer {
  /** Wall time, epoch ms. */
  now(): number;
  /** Lets in-process work go on as far as it can. */
  settle(): Promise<void>;
  /** What one phone talks to, signed in to an account; every request goes over the line. */
  apiFor(account: number, line: Line): SyncApi;
  push(account: number, body: PushBody): Promise<PushAnswer>;
  /** What the next pull with that cursor would bring. */
  pendingChanges(account: number, body: PushBody): Promise<number>;
  digest(account: number, deviceId: string): Promise<Record<string, { count: number; hash: string }>>;
  view(account: number): Promise<ServerView>;
  /** False: there is no such version. */
  restoreVersion(account: number, collection: string, serverId: string, version: number): Promise<boolean>;
  /** From now on a push of this device waits before it commits, until the returned function is called. */
  holdPushes(deviceId: string): () => void;
  backUp(): Promise<void>;
  /** False: there is no backup. */
  restore(): Promise<boolean>;
  /** The proof that a device holds what its latest push sent runs out. */
  twentyMinutesPass(): Promise<void>;
}
