import type { PushOutcome } from '../monitoring/sync-meters.js';
import type { Plan } from './plan.js';
import type { Rejected } from './quarantine.service.js';
import type { Versioned } from './versions.js';

/** What operators want to know of a push. */
export const outcomeOf = (
  plans: readonly Plan[],
  rejected: readonly Rejected[],
  versions: Versioned,
  now: number,
): PushOutcome => ({
  collections: plans.map(({ collection, changes, equals, superseded, conflicts }) => ({
    collection: collection.name,
    accepted: changes.length,
    unchanged: equals.length,
    superseded: superseded.length,
    conflicts,
  })),
  refused: rejected.map(({ code }) => code),
  clockLeadMs: versions.moved ? versions.clock - now : null,
});
