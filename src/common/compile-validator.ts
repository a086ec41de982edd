import { Ajv, type ErrorObject } from 'ajv';
import { type Field, ID_MAX_LENGTH, isOptional } from './fields.js';

/** Why one value was refused: the rule's stable code, the field, and what to do. */
export interface Refusal {
  code: RecordCode;
  field: string | null;
  message: string;
}

/** Codes of refused records; each has a paragraph in docs/errors.md. */
export const RECORD_CODES = [
  'record.not_an_object',
  'record.bad_client_id',
  'record.wrong_type',
  'record.out_of_range',
  'record.too_long',
  'record.bad_text',
  'record.missing_field',
  'record.too_deep',
  'record.too_large',
] as const;
export type RecordCode = (typeof RECORD_CODES)[number];

const CODE_OF_KEYWORD: Record<string, RecordCode> = {
  type: 'record.wrong_type',
  minimum: 'record.out_of_range',
  maximum: 'record.out_of_range',
  maxLength: 'record.too_long',
  minLength: 'record.wrong_type',
};

const ajv = new Ajv({ allErrors: false, strict: false, validateFormats: false });

function refusalOf(error: ErrorObject, fields: ReadonlyMap<string, Field>): Refusal {
  const name =
    error.instancePath.slice(1).split('/')[0] ||
    (error.params as { missingProperty?: string }).missingProperty;
  const code = CODE_OF_KEYWORD[error.keyword] ?? 'record.wrong_type';
  if (name === undefined || name === 'clientId')
    return {
      code: 'record.bad_client_id',
      field: 'clientId',
      message: `clientId must be a text of 1 to ${ID_MAX_LENGTH} characters`,
    };
  const field = fields.get(name);
  // `true` of an int32 beyond 2^31 and of 1.5 alike: say what is wanted, not what was sent.
  const wanted = field ? describe(field) : `a text of at most ${ID_MAX_LENGTH} characters`;
  return { code, field: name, message: `${name} must be ${wanted}` };
}

function describe(field: Field): string {
  const { type, format, maxLength, minLength } = field.schema;
  const kind =
    type === 'string'
      ? `a text of ${minLength ? `${minLength} to` : 'at most'} ${maxLength} characters`
      : type === 'boolean'
        ? 'true or false'
        : type === 'integer'
          ? format === 'int32'
            ? 'a 32-bit integer'
            : 'an integer within ±2^53'
          : 'a finite 32-bit float';
  return field.nullable ? `${kind}, or null` : kind;
}

/**
 * The rules that `fields.ts` declares, compiled once: the same schema that OpenAPI publishes, about a hundred times
 * cheaper than class-validator. Checks types, ranges and lengths of the keys that are there; whether a key may be absent
 * depends on the held record and is decided by the push. A null on a field with a default is allowed (it means the
 * default, or "keep").
 */
export function compileValidator(fields: readonly Field[]): (record: unknown) => Refusal | null {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const properties: Record<string, unknown> = {
    clientId: { type: 'string', minLength: 1, maxLength: ID_MAX_LENGTH },
    serverId: { type: ['string', 'null'], maxLength: ID_MAX_LENGTH },
  };
  for (const field of fields)
    properties[field.name] = {
      ...field.schema,
      type: isOptional(field) ? [field.schema.type, 'null'] : field.schema.type,
    };
  const check = ajv.compile({ type: 'object', required: ['clientId'], properties });
  return (record) => {
    if (record === null || typeof record !== 'object' || Array.isArray(record))
      return { code: 'record.not_an_object', field: null, message: 'a record must be a JSON object' };
    if (check(record)) return null;
    const [error] = check.errors as ErrorObject[];
    return refusalOf(error, byName);
  };
}

/** Deepest nesting of a key this server does not know; deeper values would exhaust the stack of those who read them. */
export const EXTRA_MAX_DEPTH = 32;
/** Longest JSON text of all unknown keys of one record together. */
export const EXTRA_MAX_LENGTH = 65_536;

/** PostgreSQL and JSON cannot carry U+0000 and half surrogate pairs. */
export const isCleanText = (text: string) => !text.includes('\u0000') && text.isWellFormed();

/**
 * Checks a value of a key this server does not know: it must come back exactly as it was sent.
 * Integers beyond 2^53 were altered by JSON parsing already, so they are refused rather than kept wrong.
 */
export function checkExtra(value: unknown, field: string, depth = 0): Refusal | null {
  if (depth > EXTRA_MAX_DEPTH)
    return {
      code: 'record.too_deep',
      field,
      message: `${field} must not nest deeper than ${EXTRA_MAX_DEPTH} levels`,
    };
  if (typeof value === 'string')
    return isCleanText(value)
      ? null
      : { code: 'record.bad_text', field, message: `${field} holds U+0000 or half a character` };
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
      ? null
      : {
          code: 'record.out_of_range',
          field,
          message: `${field} holds a number that JSON cannot carry exactly`,
        };
  if (value === null || typeof value !== 'object') return null;
  for (const [key, member] of Object.entries(value)) {
    const refusal = isCleanText(key)
      ? checkExtra(member, field, depth + 1)
      : ({ code: 'record.bad_text', field, message: `${field} holds U+0000 or half a character` } as const);
    if (refusal) return refusal;
  }
  return null;
}
