import type { Collection, Sent } from './collection.js';
import type { Value } from './content-hash.js';

/** The head as far as deciding needs it; the fields themselves are read only where something differs. */
export interface Head {
  serverId: string;
  clientId: string;
  clientKey: string;
  localDevice: string | null;
  version: number;
  deviceId: string;
  editedAt: number;
  contentHash: string;
  sentHash: string;
  deleted: boolean;
  fixed: Value[];
}

/** A record of the push: which head it is, or the server id it will get. */
export interface Target {
  collection: Collection;
  serverId: string;
  head: Head | null;
  clientId: string;
  clientKey: string;
  localDevice: string | null;
  /** Everything that was sent for it; more than one when a push names the same record twice. */
  sents: Sent[];
}
