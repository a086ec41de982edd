import type { CollectionRule, FieldRule, Value } from './collections.js';

export type WireRecord = Record<string, unknown> & { clientId: string; serverId?: string | null };

/** What a record says. A reference holds the key of the parent; who that is, once it is known, stands in `parents`. */
export interface Content {
  values: Record<string, Value>;
  /** Reference → server id of the parent, null while it is unknown. */
  parents: Record<string, string | null>;
  /** Keys this server does not know. */
  extra: Record<string, unknown> | null;
}

/** A record as a device sent it: only the keys that were there. */
export interface Sent {
  raw: WireRecord;
  clientId: string;
  key: string;
  /** The device whose row number the client id is; null for an id that is the same everywhere. */
  owner: string | null;
  serverId: string | null;
  values: Record<string, Value | undefined>;
  parents: Record<string, string | null>;
  extra: Record<string, unknown> | null;
  /** The keys and values themselves, as one text. */
  said: string;
}

export interface Refusal {
  code: string;
  field: string | null;
}

export const isRefusal = (read: object): read is Refusal => 'code' in read;

export const isRowNumber = (id: string) => /^\d+$/.test(id);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** §3: compared without letter case; a row number means something on its own device only. */
export const keyOf = (id: string, deviceId: string) =>
  isRowNumber(id) ? `d:${deviceId}/${id}` : `g:${id.toLowerCase()}`;

/** The id inside a key, to show a parent that is not known. */
export const idOfKey = (key: string) =>
  key.startsWith('d:') ? key.slice(key.lastIndexOf('/') + 1) : key.slice(2);

/** The shortest decimal that is the same 32-bit float. */
export function shortestFloat(value: number): number {
  const float = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}

function faultOf({ name, kind, maxLength }: FieldRule, value: Value): Refusal | null {
  const wanted = kind === 'bool' ? 'boolean' : kind === 'text' || kind === 'reference' ? 'string' : 'number';
  if (typeof value !== wanted) return { code: 'record.wrong_type', field: name };
  if ((kind === 'int' || kind === 'millis') && !Number.isInteger(value))
    return { code: 'record.wrong_type', field: name };
  if (kind === 'int' && Math.abs(value as number) > 2 ** 31 - 1)
    return { code: 'record.out_of_range', field: name };
  if (typeof value === 'string' && value.length > maxLength) return { code: 'record.too_long', field: name };
  return null;
}

/** Checks one record: enough kinds of fault to see that a bad one is refused alone. */
export function readRecord(rule: CollectionRule, raw: WireRecord, deviceId: string): Sent | Refusal {
  const { clientId, serverId } = raw;
  if (typeof clientId !== 'string' || clientId === '' || clientId.length > 128)
    return { code: 'record.bad_client_id', field: 'clientId' };
  const values: Sent['values'] = {};
  let extra: Sent['extra'] = null;
  for (const name of Object.keys(raw)) {
    if (name === 'clientId' || name === 'serverId') continue;
    const field = rule.byName.get(name);
    const value = raw[name] as Value;
    if (!field) {
      extra = Object.assign(extra ?? {}, { [name]: value });
      continue;
    }
    // On a field with a default, null means the default for a new record and "keep" for an old one: as if absent.
    if (value === null && field.fallback !== undefined) {
      if (field.nullable) values[name] = null;
      continue;
    }
    const fault = faultOf(field, value);
    if (fault) return fault;
    if (field.kind === 'reference') values[name] = keyOf(value as string, deviceId);
    else values[name] = field.kind === 'real' ? shortestFloat(value as number) : value;
  }
  const owner = !rule.isSingleton && isRowNumber(clientId) ? deviceId : null;
  return {
    raw,
    clientId,
    key: rule.isSingleton ? 'g:singleton' : keyOf(clientId, deviceId),
    owner,
    serverId: typeof serverId === 'string' && UUID.test(serverId) ? serverId.toLowerCase() : null,
    values,
    parents: {},
    extra,
    said: rule.fields
      .flatMap(({ name }) => (values[name] === undefined ? [] : [`${name}=${JSON.stringify(values[name])}`]))
      .concat(extra ? [sortedJson(extra)] : [])
      .join(),
  };
}

/**
 * §4: absent keys keep what is held; a new record takes the defaults. `deletedAt` alone is not kept. `exact`: what was
 * sent is the whole record, a restored one.
 */
export function merge(
  rule: CollectionRule,
  held: Content | null,
  sent: Sent,
  exact = false,
): Content | Refusal {
  const values: Content['values'] = {};
  for (const { name, fallback } of rule.fields) {
    const value = sent.values[name];
    if (value !== undefined) values[name] = value;
    else if (name === 'deletedAt' && sent.values['updatedAt'] !== undefined) values[name] = null;
    else if (held) values[name] = held.values[name];
    else if (fallback !== undefined) values[name] = fallback;
    else return { code: 'record.missing_field', field: name };
  }
  const parents: Content['parents'] = {};
  for (const name of Object.keys(rule.parents))
    parents[name] =
      sent.values[name] === undefined ? (held?.parents[name] ?? null) : (sent.parents[name] ?? null);
  const kept = exact ? null : (held?.extra ?? null);
  const extra = kept || sent.extra ? { ...kept, ...sent.extra } : null;
  if (rule.isSingleton && held && !exact)
    return { values: mergeStats(held.values, sent.values), parents, extra };
  return { values, parents, extra };
}

const COUNTERS = [
  'totalWorkouts',
  'totalReps',
  'totalVolumeKg',
  'longestStreak',
  'uniqueExercisesUsed',
  'prsAchieved',
  'updatedAt',
];

const number = (value: Value | undefined) => (typeof value === 'number' ? value : -Infinity);

/** Counters by maximum; the streak and its dates of the later workout, of the later edit where both know the same one. */
function mergeStats(held: Content['values'], sent: Sent['values']): Content['values'] {
  const merged = { ...held };
  for (const name of COUNTERS) merged[name] = Math.max(number(held[name]), number(sent[name]));
  const before = number(held['lastWorkoutDate']);
  const now = number(sent['lastWorkoutDate']);
  const isLater = now === before ? number(sent['updatedAt']) > number(held['updatedAt']) : now > before;
  if (isLater)
    for (const name of ['currentStreak', 'lastWorkoutDate', 'streakStartDate'])
      merged[name] = sent[name] ?? held[name] ?? null;
  return merged;
}

/** The content as one text: everything but updatedAt, without what stands at its default. */
export function contentText(rule: CollectionRule, { values, extra }: Content): string {
  let text = '';
  for (const { name, fallback } of rule.fields)
    if (name !== 'updatedAt' && values[name] !== (fallback ?? null))
      text += `${name}=${JSON.stringify(values[name])},`;
  return extra ? text + sortedJson(extra) : text;
}

export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const object = value as Record<string, unknown>;
  const members = Object.keys(object)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${sortedJson(object[key])}`);
  return `{${members.join(',')}}`;
}

/** Whether the content says more than what was sent: a device that sent only this does not hold all of it. */
export const saysMore = (rule: CollectionRule, { values, extra }: Content, sent: Sent) =>
  rule.fields.some(
    ({ name, fallback }) => sent.values[name] === undefined && values[name] !== (fallback ?? null),
  ) || Object.keys(extra ?? {}).some((key) => !Object.hasOwn(sent.extra ?? {}, key));

export const naturalKeyOf = (rule: CollectionRule, { values }: Content) =>
  rule.naturalKey.length === 0 ? null : JSON.stringify(rule.naturalKey.map((name) => values[name]));

/** Edit time as the phone says it. */
export const claimedAt = ({ values }: { values: Sent['values'] }) =>
  Math.max(
    (values['updatedAt'] as number | undefined) ?? -Infinity,
    (values['deletedAt'] as number) ?? -Infinity,
  );

export const isDeleted = ({ values }: Content) => (values['deletedAt'] ?? null) !== null;
