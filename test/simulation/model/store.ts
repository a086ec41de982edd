import type { Target } from './names.js';
import type { Plan, Pusher, State, Versions } from './push-types.js';
import { claimedAt, idOfKey } from './records.js';
import { wireOf } from './shown.js';
import type { Account, Head, PastState } from './state.js';

/** Records of one version. */
export const SLICE = 500;

/** Puts the replaced heads into the history, then makes the new ones. */
export function storeChanges(pusher: Pusher, plans: readonly Plan[], versions: Versions): void {
  const { account, deviceId } = pusher;
  // The history shows names as they were before this push.
  for (const { changes } of plans)
    for (const { target } of changes) if (target.head) putAway(account, target.head);
  let count = 0;
  for (const { rule, changes } of plans) {
    const table = account.tables[rule.name];
    for (const { target, state } of changes) {
      const version = (versions.heads as number) + Math.floor(count++ / SLICE);
      const { serverId, clientId, key, owner } = target.head ?? target;
      const { content, says, editedAt, sent } = state;
      const { said } = sent;
      const names = { collection: rule.name, serverId, clientId, key, owner };
      const head = { ...names, version, device: deviceId, editedAt, content, says, said };
      table.heads.set(serverId, head);
      table.byKey.set(key, head);
    }
  }
}

function putAway(account: Account, head: Head): void {
  const past = account.history.get(head.serverId) ?? [];
  const { says, said, editedAt, device, content } = head;
  add(account, head.serverId, {
    number: (past.at(-1)?.number ?? 0) + 1,
    says,
    said,
    claimedAt: claimedAt(content),
    editedAt,
    device,
    reason: 'replaced',
    record: wireOf(account, head, null),
  });
}

/** The same content with the same edit time once per record. */
function add(account: Account, serverId: string, state: PastState): void {
  const past = account.history.get(serverId) ?? [];
  if (!past.some(({ says, claimedAt: at }) => says === state.says && at === state.claimedAt))
    past.push(state);
  account.history.set(serverId, past);
}

/** States that never were the head. */
export function storeLosses({ account, deviceId }: Pusher, plans: readonly Plan[]): void {
  const lost = new Map<string, { target: Target; state: State; plan: Plan }[]>();
  for (const plan of plans)
    for (const loss of plan.losses)
      lost.set(loss.target.serverId, [...(lost.get(loss.target.serverId) ?? []), { ...loss, plan }]);
  for (const [serverId, states] of lost) {
    const last = account.history.get(serverId)?.at(-1)?.number ?? 0;
    states
      .toSorted((a, b) => a.state.editedAt - b.state.editedAt)
      .forEach(({ target, state, plan }, n) => {
        const { says, claimedAt: claimed, editedAt, sent } = state;
        add(account, serverId, {
          number: last + 1 + n,
          says,
          said: sent.said,
          claimedAt: claimed,
          editedAt,
          device: deviceId,
          reason: 'lost',
          record: lostRecord(target, state, plan),
        });
      });
  }
}

/** As the history shows it: references by server id, which every device can resolve. */
function lostRecord(target: Target, { content }: State, { rule }: Plan): Record<string, unknown> {
  const record: Record<string, unknown> = { ...content.values };
  for (const reference of Object.keys(rule.parents)) {
    const key = content.values[reference];
    record[reference] = content.parents[reference] ?? (typeof key === 'string' ? idOfKey(key) : null);
  }
  const clientId = target.owner === null ? target.clientId : target.serverId;
  const ids = rule.isSingleton ? { clientId } : { clientId, serverId: target.serverId };
  return { ...ids, ...record, ...content.extra };
}
