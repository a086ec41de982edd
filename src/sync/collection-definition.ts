import type { Value } from './content-hash.js';
import type { SyncedHead } from './synced.entity.js';

export type EntityClass = new () => SyncedHead;

/** One line of registration makes a collection; see CONTRIBUTING. */
export interface CollectionDefinition {
  /** The section's name on the wire. */
  name: string;
  entity: EntityClass;
  dto: new () => object;
  /** Fields that together say that two records are the same thing, whatever ids phones gave them. */
  naturalKey?: readonly string[];
  /**
   * Fields a record keeps for life. A row number that comes back with another value of one of them was used anew (the
   * app was reinstalled) and names another record.
   */
  fixed?: readonly string[];
  /** One object per user instead of an array; the two states are merged by this rule, and neither ever loses. */
  singleton?: (held: NamedValues, sent: Partial<NamedValues>) => NamedValues;
}

export type NamedValues = Record<string, Value>;
