import type { NameChanges, Target } from './names.js';
import type { Head, Table } from './state.js';

/** §3: the names a record goes by, and which of them a device is shown. */

/** Writes down the names that changed hands. A record that was refused (it is not among `accepted`) takes none. */
export function storeNames(
  table: Table,
  { aliases, retired, freed }: NameChanges,
  accepted: ReadonlySet<Target>,
  { deviceId, now }: { deviceId: string; now: number },
): void {
  for (const { head, by } of retired) {
    if (!accepted.has(by)) continue;
    table.byKey.delete(head.key);
    Object.assign(head, { key: `x:${head.serverId}`, clientId: head.serverId, owner: null });
    table.byKey.set(head.key, head);
  }
  for (const { key, by } of freed) if (accepted.has(by)) table.aliases.delete(key);
  for (const { target, sent } of aliases)
    table.aliases.set(sent.key, {
      serverId: target.serverId,
      clientId: sent.clientId,
      device: deviceId,
      at: now,
    });
}

/** The client id a device is shown: its own name for the record; a row number of another device means nothing here. */
export function shownId(table: Table, head: Head, deviceId: string | null, hasNaturalKey: boolean): string {
  if (head.owner === null) return (hasNaturalKey && ownName(table, head, deviceId)) || head.clientId;
  if (head.owner === deviceId) return head.clientId;
  return ownName(table, head, deviceId) ?? head.serverId;
}

function ownName(table: Table, head: Head, deviceId: string | null): string | undefined {
  if (table.aliases.size === 0) return undefined;
  const own = [...table.aliases]
    .filter(([, alias]) => alias.serverId === head.serverId && alias.device === deviceId)
    .toSorted(([a, first], [b, second]) => second.at - first.at || (a < b ? -1 : 1));
  return own[0]?.[1].clientId;
}
