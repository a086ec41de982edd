import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isCleanText } from './compile-validator.js';

/**
 * A text of so many code points (as PostgreSQL counts them; class-validator's own MaxLength does not count variation
 * selectors) without U+0000 and half surrogate pairs, which no column holds.
 */
export function PlainText(min: number, max: number, options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'plainText',
      validator: {
        validate: (value: unknown) => isPlainText(value, min, max),
        defaultMessage: (args) =>
          `${args?.property} must be a text of ${min} to ${max} characters without U+0000 and half characters`,
      },
    },
    options,
  );
}

function isPlainText(value: unknown, min: number, max: number): boolean {
  // UTF-16 units first: a huge text need not be taken apart to be too long.
  if (typeof value !== 'string' || value.length > 2 * max || !isCleanText(value)) return false;
  const { length } = Array.from(value);
  return length >= min && length <= max;
}
