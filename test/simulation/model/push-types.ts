import type { CollectionRule } from './collections.js';
import type { NameChanges, Target } from './names.js';
import type { Moment } from './pull.js';
import type { Content, Refusal, Sent } from './records.js';
import type { Presented, Standing } from './standing.js';
import type { Account, Device } from './state.js';

export type PushRequest = Presented & { deviceId: string } & Record<string, unknown>;

/** Read under the lock of the clock, before anything else. */
export interface Begun extends Moment {
  clock: number;
}

export interface Pusher {
  account: Account;
  deviceId: string;
  device: Device;
  standing: Standing;
  lastSync: number;
  now: number;
  newId: () => string;
  /** A restore by the account's owner: knows every head, and says the whole record. */
  isOwner: boolean;
}

/** One state of a record as it would be after merging. */
export interface State {
  sent: Sent;
  content: Content;
  says: string;
  claimedAt: number;
  editedAt: number;
  isDeleted: boolean;
}

export interface Plan {
  rule: CollectionRule;
  names: NameChanges;
  accepted: Set<Target>;
  /** `isMerged`: the device does not hold all of the new head. `isRevived`: it was deleted and is live again. */
  changes: { target: Target; state: State; isMerged: boolean; isRevived: boolean }[];
  /** States that go straight to the history. */
  losses: { target: Target; state: State }[];
  /** Heads that say what was sent already. `isWhole`: and nothing beyond it. */
  equals: { target: Target; isWhole: boolean; isInexact: boolean }[];
  /** Heads that won over what was sent. */
  superseded: Target[];
  /** Sent under another name than the head goes by, or more than once. */
  renamed: Target[];
  refused: { sent: Sent; refusal: Refusal }[];
}

/** The parents that come in this very push: collection → key → who it is. */
export type ParentsInPush = Map<string, Map<string, { serverId: string; key: string }>>;

/** Versions of one push: a slice each, heads first, then released children, then one for what is only owed. */
export interface Versions {
  heads: number | null;
  released: number | null;
  owed: number | null;
  clock: number;
}
