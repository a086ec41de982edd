import { createHash } from 'node:crypto';
import { type CollectionRule, RULES } from './collections.js';
import { shownId } from './known-as.js';
import { idOfKey, isDeleted, sortedJson } from './records.js';
import { allHeads, type Account, type Head } from './state.js';

/** How a head looks to a device, and which devices are shown it. */

const ruleOf = new Map(RULES.map((rule) => [rule.name, rule]));
export const ruleFor = (collection: string): CollectionRule => ruleOf.get(collection) as CollectionRule;

/** All parents are known; a child whose parent is not is held back. */
export function isResolved({ content }: Head): boolean {
  for (const name of Object.keys(content.parents))
    if (content.values[name] !== null && content.parents[name] === null) return false;
  return true;
}

/** No parent is deleted. */
export const areParentsLive = (account: Account, head: Head) =>
  parentsOf(account, head).every((parent) => !isDeleted(parent.content));

/** Live, and so are all parents up to the roots. */
export function isVisible(account: Account, head: Head): boolean {
  if (isDeleted(head.content) || !isResolved(head)) return false;
  return parentsOf(account, head).every((parent) => isVisible(account, parent));
}

function parentsOf(account: Account, { collection, content }: Head): Head[] {
  return Object.entries(ruleFor(collection).parents).flatMap(([reference, parents]) => {
    const id = content.parents[reference];
    return (id && account.tables[parents].heads.get(id)) || [];
  });
}

/** The record as the device is sent it; null: nobody in particular (digest, history). */
export function wireOf(account: Account, head: Head, deviceId: string | null): Record<string, unknown> {
  const rule = ruleFor(head.collection);
  const { values, parents, extra } = head.content;
  const table = account.tables[head.collection];
  const record: Record<string, unknown> = rule.isSingleton
    ? { clientId: head.clientId, ...values }
    : {
        clientId: shownId(table, head, deviceId, rule.naturalKey.length > 0),
        serverId: head.serverId,
        ...values,
      };
  for (const [reference, collection] of Object.entries(rule.parents)) {
    const id = parents[reference];
    const parent = id ? account.tables[collection].heads.get(id) : undefined;
    const key = values[reference];
    if (parent) record[reference] = shownId(account.tables[collection], parent, deviceId, false);
    else record[reference] = typeof key === 'string' ? idOfKey(key) : null;
  }
  return extra ? { ...record, ...extra } : record;
}

export type Digest = Record<string, { count: number; hash: string }>;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);

/** §6. Per collection the number of live records and a hash over them, as the device is shown them. */
export function digestOf(account: Account, deviceId: string | null): Digest {
  const records = new Map(RULES.map(({ name }) => [name, [] as { key: string; line: string }[]]));
  for (const head of allHeads(account)) {
    if (!isVisible(account, head)) continue;
    const { clientId, serverId: _, ...content } = wireOf(account, head, deviceId);
    const key = String(clientId).toLowerCase();
    const hash = sha256(`${key}\n${String(head.content.values['updatedAt'])}\n${sortedJson(content)}`);
    records.get(head.collection)?.push({ key, line: `${key}:${hash}\n` });
  }
  return Object.fromEntries(
    [...records].map(([name, list]) => {
      const lines = list.toSorted(byKey).map(({ line }) => line);
      return [name, { count: list.length, hash: sha256(lines.join('')) }];
    }),
  );
}
