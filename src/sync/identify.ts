import type { Reading, Statement } from '../database/sql.js';
import type { Refusal } from '../common/compile-validator.js';
import { mayBeServerId } from './client-key.js';
import { type Collection, type Sent, storedValue } from './collection.js';
import { plainHash, type Value } from './content-hash.js';
import type { KeyChanges } from './key-changes.js';
import { uuidv7 } from './server-id.js';
import type { Head, Target } from './target.js';

export interface Identified {
  targets: Target[];
  keys: KeyChanges;
}

type HeadRow = unknown[];

/** The order of `identify` in collection-sql.ts. */
function headOf(row: HeadRow, collection: Collection): Head {
  const [
    serverId,
    clientId,
    clientKey,
    localDevice,
    version,
    deviceId,
    editedAt,
    contentHash,
    sentHash,
    ,
    ,
    deletedAt,
  ] = row as string[];
  return {
    serverId: serverId,
    clientId: clientId,
    clientKey: clientKey,
    localDevice: localDevice ?? null,
    version: Number(version),
    deviceId: deviceId,
    editedAt: Number(editedAt),
    contentHash: plainHash(contentHash),
    sentHash: plainHash(sentHash),
    deleted: deletedAt !== null,
    fixed: collection.fixedIndexes.map((index, place) =>
      storedValue(collection.fields[index], row[12 + place] as Value),
    ),
  };
}
const NATURAL_KEY_PLACE = 9;

/** Which client keys are aliases, of all collections of a push. */
export function aliasReading(userId: string, identifications: ReadonlyMap<string, Identification>): Reading {
  const names: string[] = [];
  const keys: string[] = [];
  for (const [collection, { clientKeys }] of identifications)
    for (const key of clientKeys) {
      names.push(collection);
      keys.push(key);
    }
  return {
    statement: {
      name: 'find-aliases',
      text: `select a.* from unnest($2::text[], $3::text[]) k(collection, key)
        cross join lateral (select a.collection, a.client_key, a.server_id from record_aliases a
          where a.user_id = $1 and a.collection = k.collection and a.client_key = k.key offset 0) a`,
      rowMode: 'array',
      values: [userId, names, keys],
    },
    take: (rows) => {
      for (const [collection, clientKey, serverId] of rows as [string, string, string][])
        identifications.get(collection)?.addAlias(clientKey, serverId);
    },
  };
}

/** Finds the head of every record that a push sends for one collection; gives new ones their server ids. */
export class Identification {
  private readonly naturalKeys: readonly (string | null)[];
  private heads: HeadRow[] = [];
  private readonly aliases = new Map<string, string>();

  constructor(
    private readonly collection: Collection,
    private readonly sents: readonly Sent[],
  ) {
    this.naturalKeys = collection.definition.naturalKey ? sents.map(naturalKeyOf) : [];
  }

  /** One statement, however many records. Must see what the lock of the clock waited for. */
  reading(userId: string): Reading {
    return {
      statement: this.statement(userId),
      take: (rows) => {
        this.heads = rows;
      },
    };
  }

  private statement(userId: string): Statement {
    const { name, sql, definition } = this.collection;
    return {
      name: `identify-${name}`,
      text: sql.identify,
      rowMode: 'array',
      values: [
        userId,
        this.clientKeys,
        this.sents.flatMap(({ serverId, clientId }) => [
          ...(serverId ? [serverId] : []),
          ...(mayBeServerId(clientId) ? [clientId.toLowerCase()] : []),
        ]),
        ...(definition.naturalKey ? [this.naturalKeys.filter((key) => key !== null)] : []),
      ],
    };
  }

  get clientKeys(): string[] {
    return this.sents.map(({ clientKey }) => clientKey);
  }

  /** One of the client keys is an alias of a record. */
  addAlias(clientKey: string, serverId: string): void {
    this.aliases.set(clientKey, serverId);
  }

  /** The heads behind the aliases; most pushes name none. */
  aliasedReading(userId: string): Reading | null {
    if (this.aliases.size === 0) return null;
    return {
      statement: {
        name: `aliased-${this.collection.name}`,
        text: this.collection.sql.aliased,
        rowMode: 'array',
        values: [userId, [...this.aliases.values()]],
      },
      take: (rows) => {
        this.heads.push(...rows);
      },
    };
  }

  /** Once it was read. */
  conclude(keyOf: (index: number, name: string) => string): Identified {
    const found = new Finder(this.collection, this.heads, this.aliases, keyOf);
    // Who names a record by its server id tells this server a further name of it, which others in the push may use.
    for (const named of [true, false])
      for (const [index, sent] of this.sents.entries())
        if ((sent.serverId !== null) === named) found.place(sent, this.naturalKeys[index] ?? null);
    return { targets: [...found.targets.values()], keys: found.keys };
  }
}

/** The natural key the record would have if it were new. */
function naturalKeyOf(sent: Sent): string | null {
  const merged = sent.collection.merge(null, sent);
  return isRefusal(merged) ? null : sent.collection.naturalKeyOf(merged);
}

export const isRefusal = (value: object): value is Refusal => 'code' in value;

/** Places the records of one push, in the order the protocol, §3, gives identity. */
class Finder {
  readonly targets = new Map<string, Target>();
  readonly keys: KeyChanges = { aliases: [], retired: [], freed: [] };
  private readonly byServerId = new Map<string, Head>();
  private readonly byKey = new Map<string, Head>();
  private readonly byAlias = new Map<string, Head>();
  private readonly byNaturalKey = new Map<string, Head>();
  /** Targets that have no head yet, by every name they go by in this push. */
  private readonly created = new Map<string, Target>();

  constructor(
    private readonly collection: Collection,
    rows: readonly HeadRow[],
    aliases: ReadonlyMap<string, string>,
    private readonly keyOf: (index: number, name: string) => string,
  ) {
    for (const row of rows) {
      const head = headOf(row, collection);
      this.byServerId.set(head.serverId, head);
      this.byKey.set(head.clientKey, head);
      const naturalKey = row[NATURAL_KEY_PLACE] as string | null;
      if (naturalKey !== null) this.prefer(this.byNaturalKey, plainHash(naturalKey), head);
    }
    for (const [clientKey, serverId] of aliases) {
      const head = this.byServerId.get(serverId);
      if (head) this.byAlias.set(clientKey, head);
    }
  }

  /** Two records may have come to the same natural key by edits; the live one, then the older one, stands for it. */
  private prefer(map: Map<string, Head>, key: string, head: Head): void {
    const other = map.get(key);
    const better =
      !other ||
      (other.deleted && !head.deleted) ||
      (other.deleted === head.deleted && head.serverId < other.serverId);
    if (better) map.set(key, head);
  }

  place(sent: Sent, naturalKey: string | null): void {
    const head = this.headFor(sent, naturalKey);
    const target = head ? this.targetOf(head) : this.createdFor(sent, naturalKey);
    target.sents.push(sent);
    if (head) this.rememberAlias(sent, target);
  }

  private headFor(sent: Sent, naturalKey: string | null): Head | undefined {
    const byServerId = sent.serverId === null ? undefined : this.byServerId.get(sent.serverId);
    if (byServerId) return byServerId;
    const byKey = this.byKey.get(sent.clientKey) ?? this.byAlias.get(sent.clientKey);
    if (byKey && !this.isReused(sent, byKey)) return byKey;
    const shown = mayBeServerId(sent.clientId) ? this.byServerId.get(sent.clientId.toLowerCase()) : undefined;
    if (shown) return shown;
    return naturalKey === null ? undefined : this.byNaturalKey.get(naturalKey);
  }

  /** A row number whose record would have to change what a record keeps for life: the app was reinstalled. */
  private isReused(sent: Sent, head: Head): boolean {
    if (sent.localDevice === null) return false;
    return this.collection.fixedIndexes.some((index, place) => {
      const held = head.fixed[place];
      const value = sent.values[index];
      // A child keeps the name it first called its parent by, which need not be the parent's own.
      return value !== undefined && value !== held && this.fixedOf(sent, index) !== held;
    });
  }

  /** References are compared by the parent's own key: one parent has several names. */
  private fixedOf({ values }: Sent, index: number): Value | undefined {
    const value = values[index];
    return typeof value === 'string' ? this.keyOf(index, value) : value;
  }

  private targetOf(head: Head): Target {
    let target = this.targets.get(head.serverId);
    if (!target) {
      const { serverId, clientId, clientKey, localDevice } = head;
      target = { collection: this.collection, serverId, head, clientId, clientKey, localDevice, sents: [] };
      this.targets.set(serverId, target);
    }
    return target;
  }

  private createdFor(sent: Sent, naturalKey: string | null): Target {
    const { clientId, clientKey, localDevice } = sent;
    const natural = naturalKey === null ? null : `n:${naturalKey}`;
    const known = this.created.get(clientKey);
    // One number twice in one push with two natural keys: the phone reused it in between; keep both records.
    const sameKey = known && !this.isReusedInPush(sent, known) ? known : undefined;
    const target = sameKey ?? (natural === null ? undefined : this.created.get(natural));
    if (target) {
      if (target.clientKey !== clientKey) this.keys.aliases.push({ target, sent });
      return target;
    }
    const serverId = uuidv7();
    const names = known
      ? { clientId: serverId, clientKey: `x:${serverId}`, localDevice: null }
      : { clientId, clientKey, localDevice };
    const made: Target = { collection: this.collection, serverId, head: null, ...names, sents: [] };
    this.targets.set(serverId, made);
    if (!known) this.takeKey(clientKey, made);
    if (natural !== null) this.created.set(natural, made);
    return made;
  }

  private takeKey(clientKey: string, made: Target): void {
    const holder = this.byKey.get(clientKey);
    if (holder) this.retire(holder, made);
    if (this.byAlias.delete(clientKey)) this.keys.freed.push({ key: clientKey, by: made });
    this.created.set(clientKey, made);
  }

  private isReusedInPush(sent: Sent, target: Target): boolean {
    if (sent.localDevice === null) return false;
    return this.collection.fixedIndexes.some(
      (index) =>
        sent.values[index] !== undefined &&
        target.sents.every((other) => this.fixedOf(other, index) !== this.fixedOf(sent, index)),
    );
  }

  private retire(head: Head, by: Target): void {
    this.keys.retired.push({ collection: this.collection, serverId: head.serverId, by });
    this.byKey.delete(head.clientKey);
    const target = this.targets.get(head.serverId);
    if (target)
      Object.assign(target, { clientKey: `x:${head.serverId}`, clientId: head.serverId, localDevice: null });
  }

  private rememberAlias(sent: Sent, target: Target): void {
    const holder = this.byKey.get(sent.clientKey);
    const isName =
      sent.clientKey === target.clientKey ||
      sent.clientId.toLowerCase() === target.serverId ||
      this.byAlias.get(sent.clientKey) === target.head;
    if (isName || this.created.has(sent.clientKey)) return;
    // The number still belongs to another head: it was used anew, so the old head gives it up; an id that is the same
    // everywhere stays with its record, whatever server id was sent along.
    if (holder && sent.localDevice === null) return;
    if (holder && sent.serverId === null) this.retire(holder, target);
    else if (holder) return;
    if (target.head) this.byAlias.set(sent.clientKey, target.head);
    this.keys.aliases.push({ target, sent });
  }
}
