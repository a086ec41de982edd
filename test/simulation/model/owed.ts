import type { Plan, Pusher, Versions } from './push-types.js';
import type { Head, Owed } from './state.js';

/** §5: heads that a device is owed, because their version alone would not bring them to it. */

export interface NewlyOwed {
  collection: string;
  serverId: string;
  headVersion: number;
  /** The cursor is past its version: it needs a place of its own in the order. */
  isLater: boolean;
  isOnce: boolean;
}

/** Heads that won over what was sent, and that the device would not be sent by their version alone. */
export function owedOf(pusher: Pusher, plans: readonly Plan[]): NewlyOwed[] {
  const { cursor, isFresh } = pusher.standing;
  const known = undelivered(pusher);
  const owed: NewlyOwed[] = [];
  for (const { rule, superseded, equals } of plans) {
    for (const { head, serverId } of superseded) {
      if (!head) continue;
      const { version: headVersion, content } = head;
      const isLater = headVersion <= cursor;
      const isUseless =
        isFresh && ((content.values['deletedAt'] ?? null) !== null || Object.keys(rule.parents).length > 0);
      const before = known.get(serverId);
      const isKnown = before?.headVersion === headVersion && before.owedVersion > cursor;
      if ((isLater || isUseless) && !isKnown)
        owed.push({ collection: rule.name, serverId, headVersion, isLater, isOnce: false });
    }
    // A phone that says less than the merged state is told once per head; it may go on computing less.
    for (const { target, isWhole } of rule.isSingleton ? equals : []) {
      const { version: headVersion } = target.head as Head;
      const isTold = known.get(target.serverId)?.headVersion === headVersion;
      if (!isWhole && !isTold && headVersion <= cursor)
        owed.push({
          collection: rule.name,
          serverId: target.serverId,
          headVersion,
          isLater: true,
          isOnce: true,
        });
    }
  }
  return owed;
}

/** What the device is owed and did not get with the cursor it presents, and what it is told but once. */
export function undelivered({ device, lastSync }: Pusher): Map<string, Owed> {
  const cursor = device.cursors.has(lastSync) ? lastSync : 0;
  return new Map([...device.owed].filter(([, owed]) => owed.isOnce || owed.owedVersion > cursor));
}

export const marksOf = (owed: readonly NewlyOwed[], versions: Versions): [string, Owed][] =>
  owed.map(({ serverId, collection, headVersion, isLater, isOnce }) => [
    serverId,
    { collection, headVersion, owedVersion: isLater ? (versions.owed as number) : headVersion, isOnce },
  ]);

/** New heads that were merged with one the device had not seen: it is sent them although it wrote them. */
export function mergedMarks({ account }: Pusher, plans: readonly Plan[]): [string, Owed][] {
  return plans.flatMap(({ rule, changes }) =>
    changes
      .filter(({ isMerged }) => isMerged)
      .map(({ target: { serverId } }) => {
        const { version } = account.tables[rule.name].heads.get(serverId) as Head;
        return [
          serverId,
          { collection: rule.name, headVersion: version, owedVersion: version, isOnce: false },
        ] satisfies [string, Owed];
      }),
  );
}
