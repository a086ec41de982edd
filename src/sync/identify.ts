import { uuidv7 } from './server-id.js';
import type { Reading } from '../database/combine.js';
import type { Statement } from '../database/sql.js';
import type { Refusal } from '../common/compile-validator.js';
import { mayBeServerId } from './client-key.js';
import { type Collection, type Sent, storedValue } from './collection.js';
import { plainHash, type Value } from './content-hash.js';

/** The head as far as deciding needs it; the fields themselves are read only where something differs. */
export interface Head {
  serverId: string;
  clientId: string;
  clientKey: string;
  localDevice: string | null;
  version: number;
  deviceId: string;
  editedAt: number;
  contentHash: string;
  sentHash: string;
  deleted: boolean;
  fixed: Value[];
}

/** A record of the push: which head it is, or the server id it will get. */
export interface Target {
  collection: Collection;
  serverId: string;
  head: Head | null;
  clientId: string;
  clientKey: string;
  localDevice: string | null;
  /** Everything that was sent for it; more than one when a push names the same record twice. */
  sents: Sent[];
}

/** Client keys that change hands. */
export interface KeyChanges {
  /** Further names of known records. */
  aliases: { target: Target; sent: Sent }[];
  /** Heads whose row number was used anew by a reinstalled app: they go on under their server id. */
  retired: { collection: Collection; serverId: string; by: Target }[];
  /** Aliases whose row number was used anew: the key now belongs to a record of its own. */
  freed: { key: string; by: Target }[];
}

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

/** Finds the head of every record that a push sends for one collection; gives new ones their server ids. */
export class Identification {
  private readonly naturalKeys: readonly (string | null)[];
  private heads: readonly HeadRow[] = [];

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
        this.sents.map(({ clientKey }) => clientKey),
        this.sents.flatMap(({ serverId, clientId }) => [
          ...(serverId ? [serverId] : []),
          ...(mayBeServerId(clientId) ? [clientId.toLowerCase()] : []),
        ]),
        ...(definition.naturalKey ? [this.naturalKeys.filter((key) => key !== null)] : []),
      ],
    };
  }

  /** Once it was read. */
  conclude(): Identified {
    const found = new Finder(this.collection, this.heads);
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
  ) {
    for (const row of rows) {
      const head = headOf(row, collection);
      this.byServerId.set(head.serverId, head);
      this.byKey.set(head.clientKey, head);
      const naturalKey = row[NATURAL_KEY_PLACE] as string | null;
      if (naturalKey !== null) this.prefer(this.byNaturalKey, plainHash(naturalKey), head);
      const alias = row.at(-1) as string | null;
      if (alias !== null) this.byAlias.set(alias, head);
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
      const value = sent.values[index];
      return value !== undefined && value !== head.fixed[place];
    });
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
        target.sents.every((other) => other.values[index] !== sent.values[index]),
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

/** Writes the names that changed hands. Rare: most pushes have none, and then there is nothing to send. */
export function keyStatements(
  { userId, deviceId, now }: { userId: string; deviceId: string; now: number },
  collectionName: string,
  { aliases, retired, freed }: KeyChanges,
): Statement[] {
  const statements: Statement[] = [...new Set(retired.map((entry) => entry.collection))].map(
    (collection) => ({
      name: `retire-${collection.name}`,
      text: `update ${collection.sql.table} set client_key = 'x:' || server_id, client_id = server_id::text, local_device = null
        where user_id = $1 and server_id = any($2::uuid[])`,
      values: [
        userId,
        retired.filter((entry) => entry.collection === collection).map(({ serverId }) => serverId),
      ],
    }),
  );
  if (freed.length > 0)
    statements.push({
      name: 'free-aliases',
      text: 'delete from record_aliases where user_id = $1 and collection = $2 and client_key = any($3::text[])',
      values: [userId, collectionName, freed.map(({ key }) => key)],
    });
  const unique = new Map(
    aliases.map(({ target, sent }) => [
      `${target.collection.name}/${sent.clientKey}`,
      {
        collection: target.collection.name,
        key: sent.clientKey,
        id: sent.clientId,
        server: target.serverId,
      },
    ]),
  );
  if (unique.size === 0) return statements;
  statements.push({
    name: 'store-aliases',
    text: `insert into record_aliases (user_id, collection, client_key, client_id, server_id, device_id, created_at)
      select $1, a.collection, a.key, a.id, a.server, $4, $3::bigint
        from json_to_recordset($2::json) as a(collection text, key text, id text, server uuid)
      on conflict (user_id, collection, client_key) do update
         set client_id = excluded.client_id, server_id = excluded.server_id, device_id = excluded.device_id,
             created_at = excluded.created_at`,
    values: [userId, JSON.stringify([...unique.values()]), now, deviceId],
  });
  return statements;
}
