import type { CollectionRule } from './collections.js';
import { isNewer, settle } from './conflict.js';
import { Names, type Target } from './names.js';
import type { ParentsInPush, Plan, Pusher, State } from './push-types.js';
import { claimedAt, type Content, contentText, isDeleted, isRefusal, merge, type Sent } from './records.js';
import type { Account } from './state.js';

/** §4: what a push does with every record of one collection. Nothing is written here. */

export function planCollection(
  pusher: Pusher,
  rule: CollectionRule,
  sents: readonly Sent[],
  parents: ParentsInPush,
): Plan {
  for (const sent of sents) resolveReferences(pusher.account, rule, sent, parents);
  const names = new Names(rule, pusher.account.tables[rule.name], pusher.newId);
  names.placeAll(sents);
  const plan: Plan = {
    rule,
    names: names.changes,
    accepted: new Set(),
    changes: [],
    losses: [],
    equals: [],
    superseded: [],
    renamed: [],
    refused: [],
  };
  for (const target of names.targets.values()) {
    const states = statesOf(pusher, plan, target, parents);
    if (target.head || states.length > 0) plan.accepted.add(target);
    if (isRenamed(target, pusher)) plan.renamed.push(target);
    if (states.length > 0) settle(pusher, plan, target, states);
  }
  return plan;
}

/** Sent under another name than it goes by, or more than once. */
function isRenamed({ head, sents }: Target, { deviceId }: Pusher): boolean {
  if (head === null) return sents.length > 1;
  const isForeign = head.owner !== null && head.owner !== deviceId;
  const shown = isForeign ? `g:${head.serverId}` : head.key;
  return sents.length > 1 || sents.some(({ key }) => key !== shown);
}

/** A reference may name its parent by any id; from here on it holds the parent's key. */
function resolveReferences(account: Account, rule: CollectionRule, sent: Sent, parents: ParentsInPush): void {
  for (const [reference, collection] of Object.entries(rule.parents)) {
    const name = sent.values[reference];
    if (typeof name !== 'string') continue;
    const { byKey, heads, aliases } = account.tables[collection];
    const found =
      parents.get(collection)?.get(name) ??
      byKey.get(name) ??
      heads.get(name.slice(2)) ??
      heads.get(aliases.get(name)?.serverId ?? '');
    if (!found) continue;
    sent.values[reference] = found.key;
    sent.parents[reference] = found.serverId;
  }
}

const newestFirst = (a: State, b: State) =>
  isNewer(a, b) ? -1 : isNewer(b, a) ? 1 : b.claimedAt - a.claimedAt;

/** The states sent for one record, merged with the head, the newest first. Those of a new record build on each other. */
function statesOf(pusher: Pusher, plan: Plan, { head, sents }: Target, parents: ParentsInPush): State[] {
  const { rule } = plan;
  const states: State[] = [];
  let base = head?.content ?? null;
  const inOrder = sents.length < 2 ? sents : sents.toSorted((a, b) => claimedAt(a) - claimedAt(b));
  for (const sent of inOrder) {
    const content = merge(rule, base, sent, pusher.isOwner);
    if (isRefusal(content)) {
      plan.refused.push({ sent, refusal: content });
      continue;
    }
    settleReferences(rule, content, head?.content ?? null, parents);
    if (!head) base = content;
    const claimed = claimedAt(content);
    states.push({
      sent,
      content,
      says: contentText(rule, content),
      claimedAt: claimed,
      editedAt: Math.min(claimed, pusher.now),
      isDeleted: isDeleted(content),
    });
  }
  if (states.length < 2) return states;
  return states.toReversed().toSorted(newestFirst);
}

/** A child that names the parent it has by another of its names says nothing new by that. */
function settleReferences(
  rule: CollectionRule,
  content: Content,
  held: Content | null,
  parents: ParentsInPush,
): void {
  for (const [reference, collection] of Object.entries(rule.parents)) {
    const key = content.values[reference];
    if (content.parents[reference] === null && typeof key === 'string')
      content.parents[reference] = parents.get(collection)?.get(key)?.serverId ?? null;
    const parent = content.parents[reference];
    if (held && parent !== null && parent === held.parents[reference])
      content.values[reference] = held.values[reference];
  }
}
