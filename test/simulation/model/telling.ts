import { marksOf, mergedMarks, type NewlyOwed, undelivered } from './owed.js';
import type { Plan, Pusher, PushRequest, Versions } from './push-types.js';
import { issueCursor } from './standing.js';
import { allHeads, type Head, type Holding, isWithin, type Owed } from './state.js';
import { SLICE } from './store.js';
import type { Ablation } from './switches.js';

/** §5: what a device holds and is owed after its push, and the cursor it is answered with. */

/** How long the cursor a push carried proves that the device still holds what it sent. */
export const HOLD_MS = 15 * 60_000;

interface Done {
  owed: readonly NewlyOwed[];
  versions: Versions;
  /** The clock before this push. */
  before: number;
  request: PushRequest;
  ablation: Ablation | null;
}

export function tellDevice(pusher: Pusher, plans: readonly Plan[], done: Done): number {
  const { account, deviceId, device, standing, lastSync, now } = pusher;
  const marks = ablate(done.ablation, [...marksOf(done.owed, done.versions), ...mergedMarks(pusher, plans)]);
  const owedBefore = [...undelivered(pusher).values()];
  const held = heldAfter(pusher, plans, new Set(marks.map(([serverId]) => serverId)));
  const range = rangeAfter(pusher, plans, held, done);
  const isHoldingNew = isChanged(pusher, held, range);
  for (const [serverId, owed] of device.owed)
    if (!owed.isOnce && owed.owedVersion <= standing.cursor) device.owed.delete(serverId);
  for (const [serverId, owed] of marks) device.owed.set(serverId, owed);
  // A note of what is held takes the place of a note of what is owed; what lies in the range has no note.
  for (const [serverId, version] of isHoldingNew ? held : [])
    if (!isWithin(range, version)) device.owed.delete(serverId);

  const owedVersions = [...owedBefore, ...marks.map(([, owed]) => owed)].map((owed) => owed.owedVersion);
  const syncTime = safeCursor(pusher, held, done, owedVersions);
  const isIssued = syncTime === lastSync && device.cursors.has(lastSync);
  const wrote = marks.length > 0 || plans.some(({ changes, losses }) => changes.length + losses.length > 0);
  // It sent what another device wrote (it was restored from a file, say): a tombstone of that is news to it.
  const holdsOthers = plans.some(({ equals }) =>
    equals.some(({ target }) => target.head?.device !== deviceId),
  );
  const usedCursor = device.usedCursor || (lastSync !== 0 && !standing.isFresh);
  const firstGiven = device.firstGiven ?? (holdsOthers ? done.before : null);
  const isNew = !account.devices.has(deviceId);
  if (
    isNew ||
    wrote ||
    isHoldingNew ||
    usedCursor !== device.usedCursor ||
    firstGiven !== device.firstGiven
  ) {
    account.devices.set(deviceId, device);
    const number = device.holding.number + (isHoldingNew ? 1 : 0);
    const pushCursor = held.size > 0 ? lastSync : null;
    Object.assign(device, { usedCursor, firstGiven, lastCursor: syncTime, lastSyncAt: now });
    device.holding = { number, heads: held, range, pushCursor, until: now + HOLD_MS };
  }
  if ((!isIssued || held.size > 0) && syncTime !== 0)
    issueCursor(
      device,
      syncTime,
      standing.isFresh && syncTime < done.versions.clock,
      // The same value as the one presented proves nothing: the device may have it from before this push.
      held.size > 0 && syncTime !== lastSync ? device.holding.number : null,
    );
  return syncTime;
}

const ablate = (ablation: Ablation | null, marks: [string, Owed][]) =>
  ablation === 'noOwed' || ablation === 'noTelling' ? [] : marks;

/** What this push sent and what is the head exactly as sent. */
function heldAfter(
  { account, standing }: Pusher,
  plans: readonly Plan[],
  owed: ReadonlySet<string>,
): Map<string, number> {
  const held = new Map<string, number>();
  for (const { rule, changes, equals } of plans) {
    const { heads } = account.tables[rule.name];
    for (const { target, isMerged } of changes)
      if (!isMerged) held.set(target.serverId, (heads.get(target.serverId) as Head).version);
    for (const { target, isWhole } of equals)
      if (isWhole && (target.head as Head).version > standing.cursor && !owed.has(target.serverId))
        held.set(target.serverId, (target.head as Head).version);
  }
  return held;
}

/** A push that sends again all that an earlier one with its cursor was given versions for goes on with those. */
function rangeAfter(
  { account, device: { holding }, lastSync }: Pusher,
  plans: readonly Plan[],
  held: ReadonlyMap<string, number>,
  { versions, before }: Done,
): Holding['range'] {
  const changes = plans.reduce((sum, plan) => sum + plan.changes.length, 0);
  const given =
    versions.heads === null
      ? null
      : { from: versions.heads, to: versions.heads + Math.ceil(changes / SLICE) - 1 };
  const { range, pushCursor } = holding;
  if (range === null || pushCursor !== lastSync) return given;
  const since = [...allHeads(account)].filter(({ version }) => version >= range.from && version <= before);
  const isRepeat = since.length > 0 && since.every(({ serverId, version }) => held.get(serverId) === version);
  return isRepeat ? { from: range.from, to: given?.to ?? Math.max(range.to, before) } : given;
}

function isChanged(
  { device: { holding }, lastSync, now }: Pusher,
  held: ReadonlyMap<string, number>,
  range: Holding['range'],
): boolean {
  const isSame =
    range?.from === holding.range?.from &&
    range?.to === holding.range?.to &&
    held.size === holding.heads.size &&
    [...held].every(([serverId, version]) => holding.heads.get(serverId) === version);
  const isFresh = held.size === 0 || (holding.pushCursor === lastSync && now < holding.until - HOLD_MS / 2);
  return !isSame || !isFresh;
}

/** The clock, if the device has everything up to it; else just below the first version it does not have. */
function safeCursor(
  { account, standing: { cursor } }: Pusher,
  held: ReadonlyMap<string, number>,
  { versions, before }: Done,
  owedVersions: readonly number[],
): number {
  let least = versions.clock;
  const keepBelow = (version: number | null) => {
    if (version !== null && version > cursor) least = Math.min(least, version - 1);
  };
  for (const { serverId, version } of allHeads(account))
    if (version <= before && !held.has(serverId)) keepBelow(version);
  keepBelow(versions.released);
  keepBelow(versions.owed);
  for (const version of owedVersions) keepBelow(version);
  return least;
}
