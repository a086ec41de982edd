import { applyDecorators } from '@nestjs/common';
import {
  IsBoolean,
  IsInt,
  IsNumber,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { Column, type ColumnOptions, Index } from 'typeorm';
import { ApiProperty } from './api-docs.js';
import { snakeCase } from './snake-case.js';

/**
 * One line declares one field of a synced record: its column, its class-validator rule, its JSON schema (which is what
 * OpenAPI publishes and what `compileValidator` checks records with) and its place in `fieldsOf(Entity)`, the list of
 * properties a client may write. Nothing else in the project names a plain field.
 */
export interface FieldOptions<T> {
  /** An explicit null clears the field; a new record without it holds null. Not beside a default. */
  nullable?: boolean;
  /** What a new record holds when the key is absent or null. Literal, never a function. */
  default?: T;
  description?: string;
}

export type FieldKind = 'int' | 'real' | 'bool' | 'text' | 'millis' | 'reference';

export interface Field {
  name: string;
  kind: FieldKind;
  /** PostgreSQL's type, used in `json_to_recordset(…) as sent(…)`. */
  sqlType: string;
  nullable: boolean;
  /** undefined where there is none: the key is then required on a new record unless it is nullable. */
  default: string | number | boolean | undefined;
  schema: FieldSchema;
  /** For references: the collection of the parent. */
  parent?: string;
}

export interface FieldSchema {
  type: 'integer' | 'number' | 'boolean' | 'string';
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export const INT32_MAX = 2_147_483_647;
/**
 * The largest number that rounds to a finite float32: Kotlin prints its Float.MAX_VALUE as 3.4028235E38, which is a
 * little more than that value.
 */
export const FLOAT32_MAX = 3.4028235677973362e38;
export const ID_MAX_LENGTH = 128;

/**
 * For texts that are keys and are never sorted for people: compared by bytes, whatever the database's own collation is, so that
 * no step down an index goes through the rules of a language.
 */
export const KEY_TEXT = { collation: 'C' } as const;

const declared = new Map<object, Field[]>();

/** The client-writable fields of an entity, base class first, in the order of declaration. */
export function fieldsOf(entity: { prototype: object }): readonly Field[] {
  const chain: Field[][] = [];
  for (
    let proto: object | null = entity.prototype;
    proto;
    proto = Object.getPrototypeOf(proto) as object | null
  )
    chain.unshift(declared.get(proto) ?? []);
  return chain.flat();
}

/** Whether a client may leave the field out of a new record. */
export const isOptional = (field: Pick<Field, 'nullable' | 'default'>) =>
  field.nullable || field.default !== undefined;

type Shape = Pick<Field, 'kind' | 'sqlType' | 'schema' | 'parent'> & {
  column: ColumnOptions;
  rules: PropertyDecorator[];
};

function field<T extends string | number | boolean>(
  shape: Shape,
  options: FieldOptions<T>,
): PropertyDecorator {
  const { nullable = false, default: fallback, description } = options;
  // One value has to stand for a key that is absent, here and in the statements that store records.
  if (nullable && fallback !== undefined) throw new Error('a field is nullable or has a default, not both');
  const optional = isOptional({ nullable, default: fallback });
  const remember: PropertyDecorator = (target, name) => {
    const { kind, sqlType, schema, parent } = shape;
    const list = declared.get(target) ?? [];
    list.push({ name: String(name), kind, sqlType, schema, parent, nullable, default: fallback });
    declared.set(target, list);
  };
  return applyDecorators(
    remember,
    Column({ ...shape.column, nullable, default: fallback }),
    ApiProperty({
      ...shape.schema,
      required: !optional,
      nullable,
      default: fallback,
      description,
    }),
    // Not IsOptional(): a null for a field that is neither nullable nor defaulted must be refused.
    ...(optional ? [ValidateIf((_, value) => value !== null && value !== undefined)] : []),
    ...shape.rules,
  );
}

/** 32-bit integer. */
export const Int = (options: FieldOptions<number> = {}) =>
  field(
    {
      kind: 'int',
      sqlType: 'int',
      schema: { type: 'integer', format: 'int32', minimum: -INT32_MAX - 1, maximum: INT32_MAX },
      column: { type: 'int' },
      rules: [IsInt(), Min(-INT32_MAX - 1), Max(INT32_MAX)],
    },
    options,
  );

/** Finite float32: a Kotlin Float, printed shortest (0.1 stays 0.1). */
export const Real = (options: FieldOptions<number> = {}) =>
  field(
    {
      kind: 'real',
      sqlType: 'real',
      schema: { type: 'number', format: 'float', minimum: -FLOAT32_MAX, maximum: FLOAT32_MAX },
      column: { type: 'real' },
      rules: [IsNumber({ allowInfinity: false, allowNaN: false }), Min(-FLOAT32_MAX), Max(FLOAT32_MAX)],
    },
    options,
  );

export const Bool = (options: FieldOptions<boolean> = {}) =>
  field(
    {
      kind: 'bool',
      sqlType: 'boolean',
      schema: { type: 'boolean' },
      column: { type: 'boolean' },
      rules: [IsBoolean()],
    },
    options,
  );

/** Free text of at most `maxLength` code points. */
export const Text = (maxLength: number, options: FieldOptions<string> = {}) =>
  field(
    {
      kind: 'text',
      sqlType: 'text',
      schema: { type: 'string', maxLength },
      column: { type: 'varchar', length: maxLength },
      rules: [IsString(), MaxLength(maxLength)],
    },
    options,
  );

/** bigint columns arrive as text; every epoch ms is a safe integer, so a number loses nothing. */
export const millisTransformer = {
  to: (value: unknown) => value,
  from: (value: string | null | undefined) => (value === null || value === undefined ? value : Number(value)),
};

/** Epoch milliseconds as a JSON integer. */
export const Millis = (options: FieldOptions<number> = {}) =>
  field(
    {
      kind: 'millis',
      sqlType: 'bigint',
      schema: {
        type: 'integer',
        format: 'int64',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      },
      column: { type: 'bigint', transformer: millisTransformer },
      rules: [IsInt(), Min(Number.MIN_SAFE_INTEGER), Max(Number.MAX_SAFE_INTEGER)],
    },
    options,
  );

/** `sessionId` → `sessionServerId`: the property that holds the parent's server id, null while it is unknown. */
export const parentServerIdOf = (reference: string) => reference.replace(/Id$/, 'ServerId');

/**
 * The parent's id: on the wire its client id or its server id. Two columns: `session_key`, the parent's client key (see
 * sync/client-key.ts), and `session_server_id`, null until the parent has arrived. No foreign key: a child may come
 * long before its parent.
 */
export const Reference = (parent: string, options: FieldOptions<string> = {}): PropertyDecorator => {
  const key: PropertyDecorator = (target, name) => {
    field(
      {
        kind: 'reference',
        sqlType: 'text',
        parent,
        schema: { type: 'string', minLength: 1, maxLength: ID_MAX_LENGTH },
        column: { type: 'text', name: snakeCase(String(name).replace(/Id$/, 'Key')), ...KEY_TEXT },
        rules: [IsString(), MinLength(1), MaxLength(ID_MAX_LENGTH)],
      },
      options,
    )(target, name);
    const parentId = parentServerIdOf(String(name));
    Column({ type: 'uuid', nullable: true })(target, parentId);
    // Children by their parent; and those that wait for one, by the name they call it.
    Index(['userId', parentId])(target.constructor);
    Index(['userId', String(name)], { where: `"${snakeCase(parentId)}" IS NULL` })(target.constructor);
  };
  return key;
};
