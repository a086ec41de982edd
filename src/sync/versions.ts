import { type DeviceState, type Mark, type Standing, TOLD_ONCE, type Versions } from './device-state.js';
import type { Plan } from './plan.js';
import { type Released, slicesFor } from './store.js';

/** Versions handed out by one push: heads first, then released children, then one for what is only owed. */
export interface Versioned {
  heads: Versions | null;
  released: Versions | null;
  owed: number | null;
  clock: number;
  /** Whether the clock is another one than before. */
  moved: boolean;
}

/** A winning head that the device would not be sent by its version alone. `later`: it needs a version of its own. */
export interface Owed {
  collection: string;
  serverId: string;
  headVersion: number;
  later: boolean;
  /** To be told once per head, and no more. */
  once: boolean;
}

export function owedOf(plans: readonly Plan[], { cursor, fresh }: Standing, marks: readonly Mark[]): Owed[] {
  const owed: Owed[] = [];
  const marked = new Map(marks.map((mark) => [mark.serverId, mark]));
  for (const { collection, superseded, equals } of plans) {
    for (const { serverId, head } of superseded) {
      if (!head) continue;
      const later = head.version <= cursor;
      // A device in its first download is sent no tombstones and no children of deleted parents, unless it is owed them.
      const unseen = fresh && (head.deleted || collection.references.length > 0);
      if (!later && !unseen) continue;
      const mark = marked.get(serverId);
      const known = mark?.headVersion === head.version && (mark.owedVersion ?? 0) > cursor;
      if (!known)
        owed.push({ collection: collection.name, serverId, headVersion: head.version, later, once: false });
    }
    if (!collection.isSingleton) continue;
    // A phone that says less than the merged state is told once per head; it may go on computing less.
    for (const { target, whole } of equals) {
      const { head, serverId } = target;
      const mark = marked.get(serverId);
      const told = mark?.owedVersion !== null && mark?.headVersion === head?.version;
      if (head && !whole && !told && head.version <= cursor)
        owed.push({
          collection: collection.name,
          serverId,
          headVersion: head.version,
          later: true,
          once: true,
        });
    }
  }
  return owed;
}

/**
 * The values that end at max(clock + slices, now), one for every slice of 500 records: strictly after all that was
 * handed out before, and never more than a few ms ahead of wall time.
 */
export function assignVersions(
  state: DeviceState,
  plans: readonly Plan[],
  released: readonly Released[],
  owes: boolean,
): Versioned {
  const heads = slicesFor(plans.reduce((sum, { changes }) => sum + changes.length, 0));
  const children = slicesFor(new Set(released.map(({ serverId }) => serverId)).size);
  const slices = heads + children + (owes ? 1 : 0);
  if (slices === 0) return { heads: null, released: null, owed: null, clock: state.clock, moved: false };
  const clock = Math.max(state.clock + slices, state.now);
  const first = clock - slices + 1;
  return {
    heads: heads > 0 ? { from: first, to: first + heads - 1 } : null,
    released: children > 0 ? { from: first + heads, to: first + heads + children - 1 } : null,
    owed: owes ? clock : null,
    clock,
    moved: true,
  };
}

export const markOf = ({ later, once, ...owed }: Owed, versions: Versioned): Mark => ({
  ...owed,
  owedVersion: later ? versions.owed : owed.headVersion,
  pushNumber: once ? TOLD_ONCE : 0,
});

/** New heads that were merged with one the device had not seen: it must be sent them although it wrote them. */
export function mergedMarks(plans: readonly Plan[], numbers: ReadonlyMap<string, number>): Mark[] {
  return plans.flatMap(({ collection, changes }) =>
    changes
      .filter(({ merged }) => merged)
      .map(({ target: { serverId } }) => {
        const version = numbers.get(serverId) as number;
        return {
          collection: collection.name,
          serverId,
          headVersion: version,
          owedVersion: version,
          pushNumber: 0,
        };
      }),
  );
}
