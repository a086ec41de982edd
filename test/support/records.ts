import { randomUUID } from 'node:crypto';
import { EXTRA_MAX_DEPTH, EXTRA_MAX_LENGTH, type RecordCode } from '../../src/common/compile-validator.js';
import { type Field, fieldsOf, isOptional } from '../../src/common/fields.js';
import type { CollectionDefinition } from '../../src/sync/collection-definition.js';
import type { WireRecord } from './phone.js';

const BASE_TIME = 1_760_000_000_000;

/** A legal value of a field; different for every `n`. */
export function valueOf(field: Field, n: number): string | number | boolean {
  switch (field.kind) {
    case 'int':
      return n * 3 + 1;
    case 'real':
      return Number((n + 0.1).toFixed(1));
    case 'bool':
      return n % 2 === 0;
    case 'millis':
      return BASE_TIME + n;
    case 'text':
      return `${field.name} ${n} é😀`.slice(-(field.schema.maxLength ?? 50));
    default:
      return `parent ${n}`;
  }
}

/** A complete record with every declared field; references must be given. */
export function recordOf(definition: CollectionDefinition, n: number, values: object = {}): WireRecord {
  const fields = fieldsOf(definition.entity).map((field) => [field.name, valueOf(field, n)] as const);
  const live = definition.singleton ? {} : { deletedAt: null };
  return { clientId: randomUUID(), ...Object.fromEntries(fields), ...live, ...values };
}

/** The record and the parents it needs, as sections of a push body. */
export function withParents(
  definitions: readonly CollectionDefinition[],
  definition: CollectionDefinition,
  record: WireRecord,
): Record<string, WireRecord[]> {
  const sections: Record<string, WireRecord[]> = { [definition.name]: [record] };
  for (const { name, parent } of fieldsOf(definition.entity)) {
    const id = record[name];
    const parentDefinition = definitions.find((candidate) => candidate.name === parent);
    if (!parent || !parentDefinition || typeof id !== 'string') continue;
    const parents = withParents(
      definitions,
      parentDefinition,
      recordOf(parentDefinition, 0, { clientId: id }),
    );
    for (const [section, records] of Object.entries(parents))
      sections[section] = [...(sections[section] ?? []), ...records];
  }
  return sections;
}

export interface Spoiled {
  what: string;
  record: unknown;
  code: RecordCode;
}

const WRONG: Record<Field['kind'], readonly (readonly [unknown, RecordCode])[]> = {
  int: [
    ['1', 'record.wrong_type'],
    [true, 'record.wrong_type'],
    [1.5, 'record.wrong_type'],
    [2 ** 31, 'record.out_of_range'],
    [-(2 ** 31) - 1, 'record.out_of_range'],
  ],
  real: [
    ['1.5', 'record.wrong_type'],
    [3.5e38, 'record.out_of_range'],
    [[], 'record.wrong_type'],
  ],
  bool: [
    ['true', 'record.wrong_type'],
    [1, 'record.wrong_type'],
  ],
  millis: [
    ['1704000000000', 'record.wrong_type'],
    [0.5, 'record.wrong_type'],
    [2 ** 53, 'record.out_of_range'],
  ],
  text: [
    [5, 'record.wrong_type'],
    [{}, 'record.wrong_type'],
    ['nul \u0000', 'record.bad_text'],
    ['half \ud83d', 'record.bad_text'],
  ],
  reference: [
    [5, 'record.wrong_type'],
    ['', 'record.wrong_type'],
    ['x'.repeat(129), 'record.too_long'],
  ],
};

function spoiledField(field: Field, good: WireRecord): Spoiled[] {
  const { [field.name]: _, ...without } = good;
  const wrong = WRONG[field.kind].map(([value, code]) => ({
    what: `${field.name} = ${JSON.stringify(value).slice(0, 40)}`,
    record: { ...good, [field.name]: value },
    code,
  }));
  const tooLong = {
    what: `${field.name} too long`,
    record: { ...good, [field.name]: '😀'.repeat((field.schema.maxLength ?? 0) + 1) },
    code: 'record.too_long' as const,
  };
  const missing = { what: `${field.name} missing`, record: without, code: 'record.missing_field' as const };
  const none = {
    what: `${field.name} = null`,
    record: { ...good, [field.name]: null },
    code: 'record.wrong_type' as const,
  };
  return [
    ...wrong,
    ...(field.kind === 'text' ? [tooLong] : []),
    ...(isOptional(field) ? [] : [missing, none]),
  ];
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

/** Every way to spoil a record that its declaration tells, each with the code it must be refused with. */
export function spoiledRecords(definition: CollectionDefinition, good: () => WireRecord): Spoiled[] {
  const { clientId: _, ...nameless } = good();
  return [
    ...fieldsOf(definition.entity).flatMap((field) => spoiledField(field, good())),
    { what: 'no client id', record: nameless, code: 'record.bad_client_id' },
    { what: 'an empty client id', record: { ...good(), clientId: '' }, code: 'record.bad_client_id' },
    { what: 'a numeric client id', record: { ...good(), clientId: 7 }, code: 'record.bad_client_id' },
    {
      what: 'a long client id',
      record: { ...good(), clientId: 'x'.repeat(129) },
      code: 'record.bad_client_id',
    },
    {
      what: 'U+0000 in the client id',
      record: { ...good(), clientId: 'a\u0000b' },
      code: 'record.bad_client_id',
    },
    {
      what: 'an unknown integer beyond 2^53',
      record: { ...good(), zz: 2 ** 53 },
      code: 'record.out_of_range',
    },
    {
      what: 'an unknown text with U+0000',
      record: { ...good(), zz: { a: ['\u0000'] } },
      code: 'record.bad_text',
    },
    { what: 'an unknown key with U+0000', record: { ...good(), 'z\u0000': 1 }, code: 'record.bad_text' },
    {
      what: 'an unknown deep value',
      record: { ...good(), zz: nested(EXTRA_MAX_DEPTH + 2) },
      code: 'record.too_deep',
    },
    {
      what: 'a large unknown value',
      record: { ...good(), zz: 'x'.repeat(EXTRA_MAX_LENGTH) },
      code: 'record.too_large',
    },
    { what: 'an array', record: [good()], code: 'record.not_an_object' },
    { what: 'null', record: null, code: 'record.not_an_object' },
    { what: 'a text', record: 'record', code: 'record.not_an_object' },
  ];
}
