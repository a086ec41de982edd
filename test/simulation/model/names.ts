import type { CollectionRule } from './collections.js';
import { isDeleted, isRefusal, merge, naturalKeyOf, type Sent } from './records.js';
import type { Head, Table } from './state.js';

/** §3: which record every record of a push is. */

/** A record of the push: the head it is, or the names it will have. */
export interface Target {
  head: Head | null;
  serverId: string;
  clientId: string;
  key: string;
  owner: string | null;
  sents: Sent[];
}

export interface NameChanges {
  /** Further names of known records. */
  aliases: { target: Target; sent: Sent }[];
  /** Heads that lose their row number to a record of a reinstalled app. */
  retired: { head: Head; by: Target }[];
  /** Aliases that do. */
  freed: { key: string; by: Target }[];
}

export class Names {
  readonly targets = new Map<string, Target>();
  readonly changes: NameChanges = { aliases: [], retired: [], freed: [] };
  /** Records that are new in this push, by their key or their natural key. */
  private readonly made = new Map<string, Target>();
  /** What the table says, as this push has changed it so far. */
  private readonly aliasesNow = new Map<string, Head | null>();
  private readonly retiredNow = new Set<Head>();

  constructor(
    private readonly rule: CollectionRule,
    private readonly table: Table,
    private readonly newId: () => string,
  ) {}

  /** Who names a record by its server id goes first: that may tell a further name, which others in the push use. */
  placeAll(sents: readonly Sent[]): void {
    for (const sent of sents) if (sent.serverId !== null) this.place(sent);
    for (const sent of sents) if (sent.serverId === null) this.place(sent);
  }

  private place(sent: Sent): void {
    const natural = this.naturalKey(sent);
    const head = this.headOf(sent, natural);
    const target = head ? this.targetOf(head) : this.newTarget(sent, natural);
    target.sents.push(sent);
    if (head) this.rememberAlias(sent, target, head);
  }

  private naturalKey(sent: Sent): string | null {
    if (this.rule.naturalKey.length === 0) return null;
    const alone = merge(this.rule, null, sent);
    return isRefusal(alone) ? null : naturalKeyOf(this.rule, alone);
  }

  private byKey(key: string): Head | undefined {
    const head = this.table.byKey.get(key);
    return head && !this.retiredNow.has(head) ? head : undefined;
  }

  private byAlias(key: string): Head | undefined {
    const changed = this.aliasesNow.get(key);
    if (changed !== undefined) return changed ?? undefined;
    const alias = this.table.aliases.get(key);
    return alias && this.table.heads.get(alias.serverId);
  }

  /** The server id wins; then the key, unless a row number was used anew; then the natural key. */
  private headOf(sent: Sent, natural: string | null): Head | undefined {
    const byServerId = sent.serverId === null ? undefined : this.table.heads.get(sent.serverId);
    if (byServerId) return byServerId;
    const byKey = this.byKey(sent.key) ?? this.byAlias(sent.key);
    if (byKey && !this.isUsedAnew(sent, [byKey.content.values])) return byKey;
    const shown = this.table.heads.get(sent.clientId.toLowerCase());
    return shown ?? (natural === null ? undefined : this.byNaturalKey(natural));
  }

  /** Edits may have brought two records to one natural key: the live one, then the older one, stands for it. */
  private byNaturalKey(natural: string): Head | undefined {
    let best: Head | undefined;
    for (const head of this.table.heads.values())
      if (naturalKeyOf(this.rule, head.content) === natural && (!best || isBefore(head, best))) best = head;
    return best;
  }

  private isUsedAnew(sent: Sent, others: readonly Sent['values'][]): boolean {
    if (sent.owner === null) return false;
    return this.rule.fixed.some((name) => {
      const value = sent.values[name];
      return value !== undefined && others.every((values) => values[name] !== value);
    });
  }

  private targetOf(head: Head): Target {
    const { serverId, clientId, key, owner } = head;
    const target = this.targets.get(serverId) ?? { head, serverId, clientId, key, owner, sents: [] };
    this.targets.set(serverId, target);
    return target;
  }

  private newTarget(sent: Sent, natural: string | null): Target {
    const { clientId, key, owner } = sent;
    const known = this.made.get(key);
    const isSame =
      known &&
      !this.isUsedAnew(
        sent,
        known.sents.map(({ values }) => values),
      );
    const target = isSame ? known : natural === null ? undefined : this.made.get(`n:${natural}`);
    if (target) {
      if (target.key !== key) this.changes.aliases.push({ target, sent });
      return target;
    }
    const serverId = this.newId();
    // One number for two records of one push: the second goes by its server id.
    const names = known
      ? { clientId: serverId, key: `x:${serverId}`, owner: null }
      : { clientId, key, owner };
    const made: Target = { head: null, serverId, ...names, sents: [] };
    this.targets.set(serverId, made);
    if (!known) this.takeKey(key, made);
    if (natural !== null) this.made.set(`n:${natural}`, made);
    return made;
  }

  private takeKey(key: string, made: Target): void {
    const holder = this.byKey(key);
    if (holder) this.retire(holder, made);
    if (this.byAlias(key)) {
      this.aliasesNow.set(key, null);
      this.changes.freed.push({ key, by: made });
    }
    this.made.set(key, made);
  }

  private retire(head: Head, by: Target): void {
    this.changes.retired.push({ head, by });
    this.retiredNow.add(head);
    const target = this.targets.get(head.serverId);
    if (target) Object.assign(target, { key: `x:${head.serverId}`, clientId: head.serverId, owner: null });
  }

  private rememberAlias(sent: Sent, target: Target, head: Head): void {
    const isName =
      sent.key === target.key ||
      sent.clientId.toLowerCase() === target.serverId ||
      this.byAlias(sent.key) === head;
    if (isName || this.made.has(sent.key)) return;
    const holder = this.byKey(sent.key);
    // An id that is the same everywhere stays with its record; a row number goes to the record it names now.
    if (holder && (sent.owner === null || sent.serverId !== null)) return;
    if (holder) this.retire(holder, target);
    this.aliasesNow.set(sent.key, head);
    this.changes.aliases.push({ target, sent });
  }
}

function isBefore(head: Head, other: Head): boolean {
  const deleted = isDeleted(head.content);
  return deleted === isDeleted(other.content) ? head.serverId < other.serverId : !deleted;
}
