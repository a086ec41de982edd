import type { Content } from './records.js';
import { RULES } from './collections.js';

/** The state of a record that devices are shown. */
export interface Head {
  collection: string;
  serverId: string;
  clientId: string;
  key: string;
  owner: string | null;
  version: number;
  /** Who wrote this state. */
  device: string;
  editedAt: number;
  content: Content;
  /** The content as one text. */
  says: string;
  /** The keys and values that last made it. */
  said: string;
}

/** A state that lost or was replaced. */
export interface PastState {
  /** 1, 2, 3 … of its record. */
  number: number;
  says: string;
  said: string;
  claimedAt: number;
  editedAt: number;
  device: string;
  reason: 'replaced' | 'lost';
  record: Record<string, unknown>;
}

/** A further name of a record. */
export interface Alias {
  serverId: string;
  clientId: string;
  device: string;
  at: number;
}

export interface Table {
  heads: Map<string, Head>;
  byKey: Map<string, Head>;
  aliases: Map<string, Alias>;
}

/** A head that a device would not be sent by its version alone: for this device it counts as `owedVersion`. */
export interface Owed {
  collection: string;
  headVersion: number;
  owedVersion: number;
  /** Told once per head: kept after delivery. */
  isOnce: boolean;
}

/** The heads a device provably holds, by the version they have: what its latest push sent and what is the head so. */
export interface Holding {
  /** Counts the pushes of the device that told something new of it. */
  number: number;
  heads: Map<string, number>;
  /**
   * Versions that the push, and those with the same cursor that it repeats, were given. It only tells whether a later push
   * says something new of the holding.
   */
  range: { from: number; to: number } | null;
  /** The cursor the push carried; it proves the holding too, until `until`. */
  pushCursor: number | null;
  until: number;
}

export const isWithin = (range: Holding['range'], version: number) =>
  range !== null && version >= range.from && version <= range.to;

export interface IssuedCursor {
  /** In the middle of the device's first download. */
  isFirst: boolean;
  /** Who presents it holds what the push of this number sent. */
  proves: number | null;
}

export interface Device {
  lastSyncAt: number;
  usedCursor: boolean;
  /** The clock when the device was first given records: what was deleted by then it was never sent. */
  firstGiven: number | null;
  lastCursor: number | null;
  cursors: Map<number, IssuedCursor>;
  holding: Holding;
  owed: Map<string, Owed>;
}

export interface Account {
  clock: number;
  tables: Record<string, Table>;
  /** By server id. */
  history: Map<string, PastState[]>;
  devices: Map<string, Device>;
}

export const newAccount = (): Account => ({
  clock: 0,
  tables: Object.fromEntries(
    RULES.map(({ name }) => [name, { heads: new Map(), byKey: new Map(), aliases: new Map() }]),
  ),
  history: new Map(),
  devices: new Map(),
});

export const newDevice = (): Device => ({
  lastSyncAt: 0,
  usedCursor: false,
  firstGiven: null,
  lastCursor: null,
  cursors: new Map(),
  holding: { number: 0, heads: new Map(), range: null, pushCursor: null, until: 0 },
  owed: new Map(),
});

export function* allHeads(account: Account): Generator<Head> {
  for (const { name } of RULES) yield* account.tables[name].heads.values();
}
