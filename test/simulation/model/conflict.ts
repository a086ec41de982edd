import type { CollectionRule } from './collections.js';
import type { Target } from './names.js';
import type { Plan, Pusher, State } from './push-types.js';
import { type Content, contentText, isDeleted, isRefusal, merge, saysMore } from './records.js';
import { type Head, isWithin } from './state.js';

/** §4, the conflict table: what becomes of the states that were sent for one record. */

interface Edit {
  editedAt: number;
  isDeleted: boolean;
}

/** Greater edit time wins; equal: a delete wins, then the stored one. */
export const isNewer = (edit: Edit, than: Edit) =>
  edit.editedAt === than.editedAt ? edit.isDeleted && !than.isDeleted : edit.editedAt > than.editedAt;

/** The conflict table. */
export function settle(pusher: Pusher, plan: Plan, target: Target, states: readonly State[]): void {
  const { rule } = plan;
  const { head } = target;
  const past = pusher.account.history.get(target.serverId) ?? [];
  const isPast = ({ says, claimedAt, sent }: State) =>
    past.some((state) => (state.says === says && state.claimedAt === claimedAt) || state.said === sent.said);
  const [newest, ...older] = builtOnEachOther(pusher, rule, target, states, isPast);
  const seen =
    head !== null &&
    (pusher.isOwner || head.version <= pusher.standing.cursor || head.device === pusher.deviceId);
  const become = () => plan.changes.push(changeOf(pusher, rule, target, newest, seen));
  if (!head) become();
  else if (newest.says === head.says) plan.equals.push({ target, ...equality(pusher, rule, target, newest) });
  // The two sides of a singleton were merged: neither is ever stale or lost.
  else if (rule.isSingleton) become();
  else if (isPast(newest)) plan.superseded.push(target);
  else if (seen || isNewer(newest, { editedAt: head.editedAt, isDeleted: isDeleted(head.content) })) become();
  else {
    plan.superseded.push(target);
    plan.losses.push({ target, state: newest });
  }
  // The same record twice in one push: what is not the newest is an older edit, whoever had seen what.
  for (const state of older)
    if (state.says !== newest.says && state.says !== head?.says && !isPast(state))
      plan.losses.push({ target, state });
}

function changeOf(pusher: Pusher, rule: CollectionRule, target: Target, state: State, seen: boolean) {
  const { head } = target;
  const isOwed = owedNow(pusher, target.serverId) === head?.version;
  const isUnseen = rule.isSingleton || !seen || isOwed;
  return {
    target,
    state,
    isMerged: head !== null && isUnseen && differs(rule, head.content, state),
    isRevived: head !== null && isDeleted(head.content) && !state.isDeleted,
  };
}

function owedNow({ device, standing }: Pusher, serverId: string): number | undefined {
  const owed = device.owed.get(serverId);
  return owed && owed.owedVersion > standing.cursor ? owed.headVersion : undefined;
}

/** Whether the new head says something that the device neither sent nor had seen. */
function differs(rule: CollectionRule, held: Content, { sent, content }: State): boolean {
  if (!rule.isSingleton) return saysMore(rule, held, sent);
  return (
    saysMore(rule, content, sent) ||
    rule.fields.some(({ name }) => {
      const value = sent.values[name];
      return name !== 'updatedAt' && value !== undefined && value !== content.values[name];
    })
  );
}

/** Whether a head that says what was sent says nothing beyond it, and whether it says it of another time. */
function equality(pusher: Pusher, rule: CollectionRule, target: Target, state: State) {
  const { head, serverId } = target;
  if (!head) return { isWhole: false, isInexact: false };
  if (isRepeated(pusher, rule, target, head))
    return { isWhole: owedNow(pusher, serverId) === undefined, isInexact: false };
  const isWhole = !differs(rule, head.content, state);
  const isOtherTime = head.content.values['updatedAt'] !== state.content.values['updatedAt'];
  return { isWhole, isInexact: !isWhole || isOtherTime };
}

/** The very keys and values that made the head, from a device that had all of what it did not send. */
function isRepeated(
  { device: { holding }, standing, lastSync }: Pusher,
  rule: CollectionRule,
  { sents }: Target,
  head: Head,
): boolean {
  // What made a singleton was merged with what it was.
  if (rule.isSingleton || sents.some(({ said }) => said !== head.said)) return false;
  // Sent again because the answer was lost, or because it is not known that it came.
  const isAnswerLost = holding.pushCursor === lastSync && isWithin(holding.range, head.version);
  return head.version <= standing.cursor || isAnswerLost;
}

/** Edits of one known record in one push build on each other, but for those that are in the history already. */
function builtOnEachOther(
  { isOwner }: Pusher,
  rule: CollectionRule,
  { head }: Target,
  states: readonly State[],
  isPast: (state: State) => boolean,
): readonly State[] {
  const [newest, ...older] = states;
  const fresh = states.filter((state) => !isPast(state)).toReversed();
  if (!head || fresh.length < 2 || fresh.at(-1) !== newest) return states;
  let { content } = head;
  for (const { sent } of fresh) {
    const merged = merge(rule, content, sent, isOwner);
    if (!isRefusal(merged)) content = merged;
  }
  return [{ ...newest, content, says: contentText(rule, content) }, ...older];
}
