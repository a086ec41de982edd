import type { StoreContractCase } from './contract/check.js';
import { PERSISTENCE, SEVERAL_HANDLES } from './contract/handles.js';
import { RANGES } from './contract/ranges.js';
import { TRANSACTIONS } from './contract/transactions.js';
import { VALUES } from './contract/values.js';

export type { StoreContractCase, StoreUnderTest } from './contract/check.js';

export interface StoreContractOptions {
  /** False for a store that only its one object can reach, as MemoryStore. Default: true. */
  severalHandles?: boolean;
}

/**
 * A test for each promise of the Store interface, for whoever writes a store. They need no test framework: a case rejects
 * if the promise is not kept.
 *
 * ```ts
 * for (const { title, run } of storeContract())
 *   it(title, () => run({ open: () => openMyStore(folderOfThisTest) }));
 * ```
 * Each case needs an empty store of its own, to which every `open` of that case leads.
 */
export function storeContract({ severalHandles = true }: StoreContractOptions = {}): StoreContractCase[] {
  return [...VALUES, ...RANGES, ...TRANSACTIONS, ...PERSISTENCE, ...(severalHandles ? SEVERAL_HANDLES : [])];
}
