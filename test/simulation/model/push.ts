import { childrenOf, RULES } from './collections.js';
import { storeNames } from './known-as.js';
import type { Target } from './names.js';
import { owedOf } from './owed.js';
import { planCollection } from './plan.js';
import type { Begun, ParentsInPush, Plan, Pusher, PushRequest, Versions } from './push-types.js';
import { isRefusal, readRecord, type Sent, type WireRecord } from './records.js';
import { ruleFor, wireOf } from './shown.js';
import { standingOf } from './standing.js';
import { type Account, type Head, newDevice } from './state.js';
import { SLICE, storeChanges, storeLosses } from './store.js';
import { tellDevice } from './telling.js';

const slicesFor = (records: number) => Math.ceil(records / SLICE);

interface Rejected extends Record<string, unknown> {
  collection: string;
  clientId: unknown;
}

/** §4: one push from the moment its lock is held. */
export function push(
  account: Account,
  request: PushRequest,
  begun: Begun,
  newId: () => string,
  isOwner = false,
) {
  const { deviceId, lastSync } = request;
  const device = account.devices.get(deviceId) ?? newDevice();
  const standing = standingOf(device, request, begun);
  const pusher = { account, deviceId, device, standing, lastSync, now: begun.now, newId, isOwner };
  const { plans, rejected } = planAll(pusher, request);
  const released = releasedBy(account, plans);
  const owed = owedOf(pusher, plans);
  const versions = assignVersions(
    begun,
    plans,
    released,
    owed.some(({ isLater }) => isLater),
  );
  const before = account.clock;
  for (const { rule, names, accepted } of plans)
    storeNames(account.tables[rule.name], names, accepted, { deviceId, now: begun.now });
  storeChanges(pusher, plans, versions);
  storeLosses(pusher, plans);
  [...released].forEach(([head, parents], n) => {
    head.version = (versions.released as number) + Math.floor(n / SLICE);
    Object.assign(head.content.parents, parents);
  });
  account.clock = Math.max(account.clock, versions.clock);
  const syncTime = isOwner
    ? versions.clock
    : tellDevice(pusher, plans, { owed, versions, before, request, ablation: begun.ablation });
  return {
    syncTime,
    receipt: isOwner ? 0 : device.holding.number,
    epoch: begun.epoch,
    idMappings: mappingsOf(plans),
    rejected,
    superseded:
      begun.ablation === 'noTelling'
        ? []
        : plans.flatMap((plan) => supersededOf(pusher, plan, request.receipt !== undefined)),
  };
}

/** Heads that won; `exactly`: also all that are not exactly what was sent. */
function supersededOf({ account, deviceId }: Pusher, plan: Plan, exactly: boolean) {
  const { rule, superseded, renamed, changes, equals } = plan;
  const inexact = [
    ...renamed,
    ...equals.filter(({ isInexact }) => isInexact).map(({ target }) => target),
    ...changes
      .filter(
        ({ isMerged, state: { sent, content } }) =>
          isMerged || sent.values['updatedAt'] !== content.values['updatedAt'],
      )
      .map(({ target }) => target),
  ];
  const told = new Set([...superseded, ...(exactly ? inexact : [])].map(({ serverId }) => serverId));
  const { heads } = account.tables[rule.name];
  return [...told].flatMap((serverId) => {
    const head = heads.get(serverId);
    return head ? [{ collection: rule.name, record: wireOf(account, head, deviceId) }] : [];
  });
}

function planAll(pusher: Pusher, request: PushRequest): { plans: Plan[]; rejected: Rejected[] } {
  const early: Rejected[] = [];
  const parents: ParentsInPush = new Map();
  const plans: Plan[] = [];
  for (const rule of RULES) {
    const sents: Sent[] = [];
    for (const raw of [request[rule.name] ?? []].flat() as WireRecord[]) {
      const read = readRecord(rule, raw, pusher.deviceId);
      if (isRefusal(read)) early.push({ collection: rule.name, clientId: raw.clientId, ...refused(read) });
      else sents.push(read);
    }
    if (sents.length === 0) continue;
    const plan = planCollection(pusher, rule, sents, parents);
    parents.set(rule.name, namesIn(plan.accepted));
    plans.push(plan);
  }
  const late = plans.flatMap(({ rule, refused: list }) =>
    list.map(({ sent, refusal }) => ({
      collection: rule.name,
      clientId: sent.clientId,
      ...refused(refusal),
    })),
  );
  return { plans, rejected: [...early, ...late] };
}

const refused = ({ code, field }: { code: string; field: string | null }) => ({
  code,
  field,
  message: `${field} will not do`,
  retryable: false,
});

/** Every name under which a record of the push may be called a parent. */
function namesIn(accepted: ReadonlySet<Target>): Map<string, Target> {
  const names = new Map<string, Target>();
  for (const target of accepted)
    for (const name of [target.key, `g:${target.serverId}`, ...target.sents.map(({ key }) => key)])
      if (!names.has(name)) names.set(name, target);
  return names;
}

/** Children whose parent has arrived or is live again: they take new versions, so that everybody is sent them. */
function releasedBy(account: Account, plans: readonly Plan[]): Map<Head, Record<string, string>> {
  const changed = new Set(plans.flatMap(({ changes }) => changes.map(({ target }) => target.serverId)));
  const released = new Map<Head, Record<string, string>>();
  for (const { rule, changes, names } of plans) {
    const arrived = new Map<string, string>();
    for (const { target } of changes)
      if (!target.head)
        for (const name of [target.key, ...target.sents.map(({ key }) => key)])
          arrived.set(name, target.serverId);
    for (const { target, sent } of names.aliases) arrived.set(sent.key, target.serverId);
    const revived = new Set(
      changes.filter(({ isRevived }) => isRevived).map(({ target }) => target.serverId),
    );
    if (arrived.size === 0 && revived.size === 0) continue;
    for (const { rule: child, reference } of childrenOf(rule.name))
      for (const head of account.tables[child.name].heads.values()) {
        if (changed.has(head.serverId)) continue;
        const parent = head.content.parents[reference];
        const late = parent === null ? arrived.get(String(head.content.values[reference])) : undefined;
        if (late === undefined && !revived.has(String(parent))) continue;
        released.set(head, { ...released.get(head), ...(late === undefined ? {} : { [reference]: late }) });
      }
  }
  return released;
}

/** §2: the values that end at max(clock + slices, now), one per slice. */
function assignVersions(
  { clock, now }: Begun,
  plans: readonly Plan[],
  released: ReadonlyMap<Head, unknown>,
  isOwing: boolean,
): Versions {
  const heads = slicesFor(plans.reduce((sum, { changes }) => sum + changes.length, 0));
  const children = slicesFor(released.size);
  const slices = heads + children + (isOwing ? 1 : 0);
  if (slices === 0) return { heads: null, released: null, owed: null, clock };
  const last = Math.max(clock + slices, now);
  const first = last - slices + 1;
  return {
    heads: heads > 0 ? first : null,
    released: children > 0 ? first + heads : null,
    owed: isOwing ? last : null,
    clock: last,
  };
}

/** Every id that was accepted, by the very string that was sent. */
function mappingsOf(plans: readonly Plan[]): Record<string, Record<string, string>> {
  const mappings: Record<string, Record<string, string>> = {};
  for (const { name, isSingleton } of RULES) if (!isSingleton) mappings[name] = {};
  for (const { rule, accepted, refused: list } of plans) {
    if (ruleFor(rule.name).isSingleton) continue;
    const out = new Set(list.map(({ sent }) => sent));
    for (const { sents, serverId } of accepted)
      for (const sent of sents) if (!out.has(sent)) mappings[rule.name][sent.clientId] = serverId;
  }
  return mappings;
}
