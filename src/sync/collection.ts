import {
  checkExtra,
  compileValidator,
  EXTRA_MAX_LENGTH,
  isCleanText,
  type Refusal,
} from '../common/compile-validator.js';
import { type Field, fieldsOf, isOptional } from '../common/fields.js';
import { canonicalFloat } from '../common/float32.js';
import { clientKey, isLocalId, isUuid } from './client-key.js';
import type { CollectionDefinition } from './collection-definition.js';
import { collectionSql, type CollectionSql } from './collection-sql.js';
import { canonicalJson, hash128, naturalKeyHash, type Value } from './content-hash.js';

export type Extra = Record<string, unknown>;

/**
 * What a record says, for storing it and for telling it from others: JSON of the values that are not at their defaults, by
 * name, without updatedAt (a phone that stamps a record anew without changing it says nothing new). A field that is
 * added later changes neither text nor hash.
 */
export interface Said {
  text: string;
  hash: string;
}

/** What a record says: the values of all fields, in the order of `Collection.fields`, and the keys nobody declared. */
export interface Content {
  values: Value[];
  /** Server ids of the parents, in the order of `Collection.references`; null while a parent is unknown. */
  parents: (string | null)[];
  extra: Extra | null;
}

/** A record as a phone sent it, checked and normalised. `undefined` among the values: the key was absent. */
export interface Sent {
  collection: Collection;
  raw: object;
  clientId: string;
  clientKey: string;
  /** The device whose row number the client id is, null for ids that are the same everywhere. */
  localDevice: string | null;
  /** As sent, if it can be a server id at all. */
  serverId: string | null;
  values: (Value | undefined)[];
  /** As in `Content`, once the references have been resolved. */
  parents: (string | null)[];
  extra: Extra | null;
  /** What it says if the record is new; null once a reference turned out to name its parent by another id. */
  said: Said | null;
  sentHash: string;
}

/** A value as a column gives it, by the driver or as JSON, in the form in which values are compared. */
export function storedValue({ kind }: Field, value: Value): Value {
  if (value === null) return null;
  if (kind === 'millis') return Number(value);
  return kind === 'real' ? canonicalFloat(value as number) : value;
}

const SINGLETON_KEY = 'g:singleton';

/** A kind of synced record: what its declaration says, compiled once at start. */
export class Collection {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly references: readonly { index: number; name: string; parent: string }[];
  readonly sql: CollectionSql;
  readonly isSingleton: boolean;
  readonly fixedIndexes: readonly number[];
  readonly realIndexes: readonly number[];
  readonly updatedAt: number;
  /** -1 where the collection knows no deletion. */
  readonly deletedAt: number;
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly validate: (record: unknown) => Refusal | null;
  private readonly naturalIndexes: readonly number[];
  /** The values of a record without any key: copied for each that is read. */
  private readonly nothing: readonly (Value | undefined)[];
  /** All fields but updatedAt, by name: the order of what a record says. */
  private readonly told: readonly { index: number; name: string; fallback: Value }[];
  /** Filled for each text: writing an object of one shape again takes two thirds of the time of making new ones. */
  private readonly telling: Record<string, Value | undefined>;

  /** `tables` names the table of every collection, for joins to parents. */
  constructor(
    readonly definition: CollectionDefinition,
    tables: ReadonlyMap<string, string>,
  ) {
    this.name = definition.name;
    this.fields = fieldsOf(definition.entity);
    this.indexes = new Map(this.fields.map((field, index) => [field.name, index]));
    this.references = this.fields.flatMap(({ name, parent }, index) =>
      parent ? [{ index, name, parent }] : [],
    );
    this.isSingleton = definition.singleton !== undefined;
    this.realIndexes = this.fields.flatMap(({ kind }, index) => (kind === 'real' ? [index] : []));
    this.updatedAt = this.indexOf('updatedAt');
    this.deletedAt = this.indexes.get('deletedAt') ?? -1;
    this.naturalIndexes = (definition.naturalKey ?? []).map((name) => this.indexOf(name));
    this.fixedIndexes = (definition.fixed ?? []).map((name) => this.indexOf(name));
    this.told = this.fields
      .map(({ name, default: fallback = null }, index) => ({ index, name, fallback }))
      .filter(({ name }) => name !== 'updatedAt')
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.telling = Object.fromEntries(this.told.map(({ name }) => [name, undefined]));
    this.nothing = this.fields.map(() => undefined);
    this.validate = compileValidator(this.fields);
    this.sql = collectionSql(definition, this.fields, tables);
  }

  private indexOf(name: string): number {
    const index = this.indexes.get(name);
    if (index === undefined) throw new Error(`${this.name} has no field ${name}`);
    return index;
  }

  /** Checks one record and brings it into the form the push works with. Never throws for what a phone may send. */
  read(raw: unknown, deviceId: string): { sent: Sent } | { refusal: Refusal } {
    const refusal = this.validate(raw);
    if (refusal) return { refusal };
    const record = raw as Record<string, unknown> & { clientId: string; serverId?: string | null };
    if (!isCleanText(record.clientId))
      return {
        refusal: {
          code: 'record.bad_client_id',
          field: 'clientId',
          message: 'clientId holds U+0000 or half a character',
        },
      };
    const values = this.nothing.slice();
    let extra: Extra | null = null;
    for (const key of Object.keys(record)) {
      const index = this.indexes.get(key);
      if (index !== undefined) {
        const value = this.readValue(this.fields[index], record[key] as Value, deviceId);
        if (value !== null && typeof value === 'object') return { refusal: value };
        values[index] = value;
      } else if (key !== 'clientId' && key !== 'serverId') {
        const fault = isCleanText(key) ? checkExtra(record[key], key) : checkExtra(key, 'a key');
        if (fault) return { refusal: fault };
        extra ??= {};
        extra[key] = record[key];
      }
    }
    return this.sentOf(record, values, extra, deviceId);
  }

  private readValue(field: Field, value: Value, deviceId: string): Value | undefined | Refusal {
    // On a field with a default, null means the default for a new record and "keep" for an old one: as if absent.
    if (value === null) return field.nullable ? null : undefined;
    if (field.kind === 'real') return canonicalFloat(value as number);
    if (typeof value !== 'string') return value;
    if (!isCleanText(value))
      return {
        code: 'record.bad_text',
        field: field.name,
        message: `${field.name} holds U+0000 or half a character`,
      };
    return field.kind === 'reference' ? clientKey(value, deviceId) : value;
  }

  private sentOf(
    record: { clientId: string; serverId?: string | null },
    values: (Value | undefined)[],
    extra: Extra | null,
    deviceId: string,
  ): { sent: Sent } | { refusal: Refusal } {
    const extraText = extra === null ? '' : canonicalJson(extra);
    if (extraText.length > EXTRA_MAX_LENGTH)
      return {
        refusal: {
          code: 'record.too_large',
          field: null,
          message: `the keys this server does not know must not exceed ${EXTRA_MAX_LENGTH} characters together`,
        },
      };
    const { clientId, serverId } = record;
    const { text, atDefault } = this.tell(values);
    const hash = hash128(text + extraText);
    return {
      sent: {
        collection: this,
        raw: record,
        clientId,
        clientKey: this.isSingleton ? SINGLETON_KEY : clientKey(clientId, deviceId),
        localDevice: !this.isSingleton && isLocalId(clientId) ? deviceId : null,
        serverId: typeof serverId === 'string' && isUuid(serverId) ? serverId.toLowerCase() : null,
        values,
        parents: this.references.map(() => null),
        extra,
        said: { text, hash },
        // The keys that were there, and their values.
        sentHash: hash128(`${hash} ${String(values[this.updatedAt])} ${atDefault}`),
      },
    };
  }

  /**
   * Key-wise merge: keys absent from what was sent keep the held value; a new record takes the defaults. A required
   * field that neither side has is a refusal. `exact`: what was sent is the whole record (a restored state), so that
   * unknown keys it does not have go, and a singleton is not merged by its rule.
   *
   * deletedAt alone is not kept: many phones leave it out of live records, and a later edit brings a record back.
   */
  merge(held: Content | null, sent: Sent, { exact = false } = {}): Content | Refusal {
    const values: Value[] = [];
    for (let index = 0; index < this.fields.length; index++) {
      const field = this.fields[index];
      const value = sent.values[index];
      if (value !== undefined) values.push(value);
      else if (index === this.deletedAt && sent.values[this.updatedAt] !== undefined) values.push(null);
      else if (held) values.push(held.values[index]);
      else if (isOptional(field)) values.push(field.default ?? null);
      else
        return {
          code: 'record.missing_field',
          field: field.name,
          message: `${field.name} is missing: a record this server does not have yet needs it`,
        };
    }
    const parents = this.references.map(({ index }, place) =>
      sent.values[index] === undefined ? (held?.parents[place] ?? null) : sent.parents[place],
    );
    const keptExtra = exact ? null : (held?.extra ?? null);
    const extra = keptExtra || sent.extra ? { ...keptExtra, ...sent.extra } : null;
    const rule = exact ? undefined : this.definition.singleton;
    if (!held || !rule) return { values, parents, extra };
    const merged = rule(this.named(held), this.named(sent));
    return { values: this.fields.map(({ name }) => merged[name]), parents, extra };
  }

  /** The values by name; without those that were not sent. */
  named<V extends Value | undefined>({
    values,
  }: {
    values: readonly V[];
  }): Record<string, NonNullable<V> | null> {
    return Object.fromEntries(
      this.fields.flatMap(({ name }, index) => (values[index] === undefined ? [] : [[name, values[index]]])),
    );
  }

  /** Whether the held content says more than the record sent: a device that sent only this does not hold all of it. */
  addsTo(sent: Sent, held: Content): boolean {
    return (
      this.fields.some((field, index) => {
        const value = sent.values[index];
        return value === undefined && held.values[index] !== (field.default ?? null);
      }) || Object.keys(held.extra ?? {}).some((key) => !Object.hasOwn(sent.extra ?? {}, key))
    );
  }

  say({ values, extra }: Pick<Content, 'values' | 'extra'>): Said {
    const { text } = this.tell(values);
    return { text, hash: hash128(extra === null ? text : text + canonicalJson(extra)) };
  }

  /** @returns also the names of the keys that were sent although their value is the default */
  private tell(values: readonly (Value | undefined)[]): { text: string; atDefault: string } {
    let atDefault = '';
    for (const { index, name, fallback } of this.told) {
      const value = values[index];
      const isDefault = value === fallback;
      this.telling[name] = isDefault ? undefined : value;
      if (isDefault) atDefault += `${name} `;
    }
    return { text: JSON.stringify(this.telling), atDefault };
  }

  /** Whether two contents say the same, whatever their hashes: those of older servers are of another kind. */
  isSame(a: Content, b: Content): boolean {
    const isSameValue = (value: Value, index: number) =>
      index === this.updatedAt || value === b.values[index];
    return a.values.every(isSameValue) && canonicalJson(a.extra) === canonicalJson(b.extra);
  }

  /** null where the collection has no natural key. */
  naturalKeyOf({ values }: Content): string | null {
    if (this.naturalIndexes.length === 0) return null;
    const named = this.naturalIndexes.map((index) => {
      const value = values[index];
      return this.fields[index].kind === 'real' && typeof value === 'number' ? Math.fround(value) : value;
    });
    return naturalKeyHash(JSON.stringify(named));
  }

  isDeleted({ values }: Content): boolean {
    return this.deletedAt >= 0 && values[this.deletedAt] !== null;
  }

  /** max(updatedAt, deletedAt) of what was sent, before merging; of no use but to put states in order. */
  sentAt({ values }: Sent): number {
    const deletedAt = this.deletedAt >= 0 ? values[this.deletedAt] : null;
    return Math.max(
      ...[values[this.updatedAt], deletedAt].map((at) => (typeof at === 'number' ? at : -Infinity)),
    );
  }

  /** max(updatedAt, deletedAt), as the phone says it. */
  claimedAt({ values }: Content): number {
    const updatedAt = values[this.updatedAt] as number;
    const deletedAt = this.deletedAt >= 0 ? (values[this.deletedAt] as number | null) : null;
    return deletedAt === null ? updatedAt : Math.max(updatedAt, deletedAt);
  }
}
