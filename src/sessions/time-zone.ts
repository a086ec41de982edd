import { applyDecorators } from '@nestjs/common';
import { IsOptional, ValidateBy } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';
import { AppError } from '../common/app-error.js';
import { isError } from '../common/is-error.js';

const MESSAGE = 'timeZone must be an IANA name such as Europe/Berlin, or UTC';

/** PostgreSQL says so of a zone it does not know. */
const INVALID_PARAMETER_VALUE = '22023';

/**
 * The name under which PostgreSQL is asked, null for what is no zone. Names without a slash are resolved here first: to
 * PostgreSQL `CET` is an abbreviation, an hour from UTC in summer too.
 */
export function zoneNameOf(timeZone: string): string | null {
  try {
    const { timeZone: resolved } = new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions();
    // Newer engines take offsets such as +01:00, whose sign PostgreSQL reads the other way round.
    if (/^[+-]/.test(timeZone)) return null;
    return timeZone.includes('/') ? timeZone : resolved;
  } catch {
    return null;
  }
}

export const QueryTimeZone = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: String,
      required: false,
      default: 'UTC',
      example: 'Europe/Berlin',
      description: 'IANA name of the zone whose days, weeks and months are meant.',
    }),
    IsOptional(),
    ValidateBy({
      name: 'isTimeZone',
      validator: {
        validate: (value) => typeof value === 'string' && zoneNameOf(value) !== null,
        defaultMessage: () => MESSAGE,
      },
    }),
  );

/** Node and PostgreSQL each bring their own list of zones: one may know a zone that the other has never heard of. */
export async function refusingUnknownZone<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if (isError(error) && (error as { code?: unknown }).code === INVALID_PARAMETER_VALUE)
      throw new AppError('request.invalid', {
        errors: [{ path: 'timeZone', code: 'isTimeZone', message: MESSAGE }],
        cause: error,
      });
    throw error;
  }
}
