import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { ApiProperty, type ApiPropertyOptions } from './api-docs.js';
import { isCleanText } from './compile-validator.js';

/**
 * Optional parameters of a query, one line each: rule, conversion and OpenAPI together. A parameter given twice, an empty
 * number or one in another notation (`1e3`, ` 5`) is refused, never guessed at.
 */
const parameter = (
  api: ApiPropertyOptions,
  read: (text: string) => unknown,
  ...rules: PropertyDecorator[]
): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ ...api, required: false } as ApiPropertyOptions),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? read(value) : value)),
    IsOptional(),
    ...rules,
  );

/** What is no integer stays text, which `IsInt` refuses. */
const readInteger = (text: string) => (/^-?\d{1,16}$/.test(text) ? Number(text) : text);

export interface QueryIntOptions {
  minimum: number;
  maximum: number;
  default?: number;
  description?: string;
}

export const QueryInt = ({ minimum, maximum, ...api }: QueryIntOptions): PropertyDecorator =>
  parameter({ type: 'integer', minimum, maximum, ...api }, readInteger, IsInt(), Min(minimum), Max(maximum));

/** Epoch ms. */
export const QueryMillis = (description: string): PropertyDecorator =>
  parameter(
    { type: 'integer', format: 'int64', description },
    readInteger,
    IsInt(),
    Min(Number.MIN_SAFE_INTEGER),
    Max(Number.MAX_SAFE_INTEGER),
  );

export const QueryFlag = (description: string): PropertyDecorator =>
  parameter(
    { type: 'boolean', default: false, description },
    (text) => (text === 'true' ? true : text === 'false' ? false : text),
    IsBoolean(),
  );

export const QueryOneOf = <T extends string>(
  values: readonly T[],
  api: { default?: T; description?: string } = {},
): PropertyDecorator =>
  parameter({ type: 'string', enum: [...values], ...api }, (text) => text, IsIn(values));

const TEXT_MAX_LENGTH = 255;

const IsCleanText = () =>
  ValidateBy({
    name: 'isCleanText',
    validator: {
      validate: (value) => typeof value === 'string' && isCleanText(value),
      defaultMessage: () => '$property must not hold U+0000 or half a character',
    },
  });

/** A filter for equality with a text field. */
export const QueryText = (description: string): PropertyDecorator =>
  parameter(
    { type: 'string', maxLength: TEXT_MAX_LENGTH, description },
    (text) => text,
    IsString(),
    MaxLength(TEXT_MAX_LENGTH),
    IsCleanText(),
  );
