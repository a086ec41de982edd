import { areParentsLive, isResolved, wireOf } from './shown.js';
import { RULES } from './collections.js';
import { isDeleted } from './records.js';
import { issueCursor, type Presented, type Standing, standingOf } from './standing.js';
import { allHeads, type Account, type Device, type Head, newDevice } from './state.js';
import type { Ablation } from './switches.js';

export interface PullRequest extends Presented {
  deviceId: string;
  limit?: number;
}

export interface Moment {
  now: number;
  epoch: number;
  ablation: Ablation | null;
}

/** A head that a pull brings, at the place in the order of versions where the device meets it. */
interface Due {
  at: number;
  head: Head;
}

/** Everything the device asks about. */
interface Asking {
  account: Account;
  deviceId: string;
  device: Device;
  standing: Standing;
  ablation: Ablation | null;
}

/** §5: every head in (cursor, upTo], without what the device holds or has no use for; plus what it is owed. */
function dueTo(asking: Asking, upTo: number): Due[] {
  const { account, device, standing } = asking;
  const due: Due[] = [];
  for (const head of allHeads(account)) {
    if (!isResolved(head)) continue;
    const owed = device.owed.get(head.serverId);
    const isOwed =
      owed?.headVersion === head.version && owed.owedVersion > standing.cursor && owed.owedVersion <= upTo;
    if (head.version <= standing.cursor) {
      if (isOwed) due.push({ at: owed.owedVersion, head });
    } else if (head.version <= upTo && (isOwed || isNews(asking, head))) due.push({ at: head.version, head });
  }
  return due.toSorted((a, b) => a.at - b.at || (a.head.serverId < b.head.serverId ? -1 : 1));
}

function isNews({ account, deviceId, device, standing, ablation }: Asking, head: Head): boolean {
  if (ablation === 'holdByDevice' && head.device === deviceId) return false;
  if (standing.holds && device.holding.heads.get(head.serverId) === head.version) return false;
  if (head.version > standing.tombstonesAfter) return true;
  if (!isDeleted(head.content) && areParentsLive(account, head)) return true;
  // A tombstone in the first download: of use only if the device wrote the record itself.
  const past = account.history.get(head.serverId) ?? [];
  return head.device === deviceId || past.some((state) => state.device === deviceId);
}

function askingOf(account: Account, request: PullRequest, moment: Moment): Asking {
  const { deviceId } = request;
  const device = account.devices.get(deviceId) ?? newDevice();
  const standing = standingOf(device, request, moment);
  return { account, deviceId, device, standing, ablation: moment.ablation };
}

interface Page {
  due: Due[];
  upTo: number;
  hasMore: boolean;
}

/** Cut between versions only: as many whole versions as fit, at least one. */
function pageOf(asking: Asking, limit: number | undefined): Page {
  const { clock } = asking.account;
  const all = dueTo(asking, clock);
  if (limit === undefined) return { due: all, upTo: clock, hasMore: false };
  // What is owed of a head that has changed since takes a place, too.
  const places = [...all.map(({ at }) => at), ...staleOwed(asking)].toSorted((a, b) => a - b);
  if (places.length <= limit) return { due: all, upTo: clock, hasMore: false };
  if (asking.ablation === 'noVersionCut') {
    const due = all.slice(0, limit);
    return { due, upTo: due.at(-1)?.at ?? clock, hasMore: true };
  }
  const beyond = places[limit];
  const upTo = places.filter((at) => at < beyond).at(-1) ?? beyond;
  if (!places.some((at) => at > upTo)) return { due: all, upTo: clock, hasMore: false };
  return { due: dueTo(asking, upTo), upTo, hasMore: true };
}

function staleOwed({ account, device, standing: { cursor } }: Asking): number[] {
  return [...device.owed].flatMap(([serverId, { collection, headVersion, owedVersion }]) => {
    const head = account.tables[collection].heads.get(serverId);
    return headVersion <= cursor && owedVersion > cursor && head?.version !== headVersion
      ? [owedVersion]
      : [];
  });
}

export function pull(account: Account, request: PullRequest, moment: Moment) {
  const asking = askingOf(account, request, moment);
  const { standing, device, deviceId } = asking;
  const { resync, isFresh, holds } = standing;
  const head = { resync, epoch: moment.epoch };
  // Nothing new: nothing is written.
  if (!resync && standing.cursor === account.clock)
    return { syncTime: account.clock, hasMore: false, ...head, ...sectionsOf(account, [], deviceId) };
  const { due, upTo, hasMore } = pageOf(asking, request.limit);
  account.devices.set(deviceId, device);
  device.lastSyncAt = moment.now;
  device.lastCursor = upTo;
  device.usedCursor ||= request.lastSync !== 0 && !isFresh;
  device.firstGiven ??= account.clock;
  issueCursor(device, upTo, isFresh && hasMore, holds ? device.holding.number : null);
  return { syncTime: upTo, hasMore, ...head, ...sectionsOf(account, due, deviceId) };
}

function sectionsOf(account: Account, due: readonly Due[], deviceId: string): Record<string, unknown> {
  const sections: Record<string, unknown[]> = Object.fromEntries(RULES.map(({ name }) => [name, []]));
  for (const { head } of due) sections[head.collection].push(wireOf(account, head, deviceId));
  const { gamificationStats, ...lists } = sections;
  return { ...lists, gamificationStats: gamificationStats[0] ?? null };
}

/** §6: how many records the next pull with this cursor would bring. */
export function pendingChanges(
  account: Account,
  deviceId: string,
  { lastSync, receipt }: Partial<Presented>,
  moment: Moment,
): number {
  const presented = { lastSync: lastSync ?? account.devices.get(deviceId)?.lastCursor ?? 0, receipt };
  return dueTo(askingOf(account, { deviceId, ...presented }, moment), account.clock).length;
}
