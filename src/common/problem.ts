import { HttpException } from '@nestjs/common';
import { ApiProperty } from './api-docs.js';
import { AppError, type ErrorCode, ERRORS, type FieldError } from './app-error.js';
import { isBusy, isUnavailable } from './database-fault.js';
import { isError } from './is-error.js';

export const PROBLEM_TYPE = 'application/problem+json';

/** What every unsuccessful answer holds (RFC 9457), and the schema that OpenAPI publishes for it. */
export class Problem {
  @ApiProperty({ description: 'Stands for the kind of problem; never changes for a code.', format: 'uri' })
  type: string;

  @ApiProperty({ description: 'What is wrong, in one line.' })
  title: string;

  @ApiProperty({ description: 'The HTTP status again.', type: 'integer' })
  status: number;

  @ApiProperty({ description: 'What to do about it.' })
  detail: string;

  @ApiProperty({ description: 'Stable name of the error, for programs; docs/errors.md explains each.' })
  code: string;

  @ApiProperty({ description: 'The title again: first-generation phones show this key to people.' })
  error: string;

  @ApiProperty({ description: 'Names this request in the server’s log; also in the header X-Request-Id.' })
  requestId: string;

  @ApiProperty({
    description: 'Every faulty place of the request, where the fault is in one.',
    required: false,
    type: 'array',
    items: {
      type: 'object',
      required: ['path', 'code', 'message'],
      properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
    },
  })
  errors?: FieldError[];

  @ApiProperty({
    description: 'Only with `auth.account_deleted`: when the account will be gone for good, epoch ms.',
    required: false,
    type: 'integer',
    format: 'int64',
  })
  purgeAt?: number;
}

export function problemOf({ code, extras }: AppError, requestId: string): Problem {
  const { status, title, detail } = ERRORS[code];
  return {
    type: `urn:phoenix-portal:error:${code}`,
    title,
    status,
    detail: extras.detail ?? detail,
    code,
    error: title,
    requestId,
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
    ...(extras.purgeAt === undefined ? {} : { purgeAt: extras.purgeAt }),
  };
}

const BUSY_RETRY_SECONDS = 1;
const UNAVAILABLE_RETRY_SECONDS = 2;

/** Turns anything thrown into an error of the table. What is not understood is `internal`: its text stays in the log. */
export function appErrorOf(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isBusy(thrown))
    return new AppError('sync.busy', { retryAfterSeconds: BUSY_RETRY_SECONDS, cause: thrown });
  if (isUnavailable(thrown))
    return new AppError('server.unavailable', {
      retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS,
      cause: thrown,
    });
  return new AppError(codeOf(thrown), { cause: thrown });
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'auth.token_missing',
  404: 'route.not_found',
  405: 'route.method_not_allowed',
  413: 'request.too_large',
  415: 'request.unsupported_media_type',
  503: 'server.unavailable',
};

/** Errors of Nest and Fastify carry an HTTP status; the parser's own are SyntaxErrors. */
function codeOf(thrown: unknown): ErrorCode {
  if (!isError(thrown)) return 'internal';
  const status =
    thrown instanceof HttpException ? thrown.getStatus() : (thrown as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number') return 'internal';
  if (status === 400 && (thrown.name === 'SyntaxError' || isJsonFault(thrown))) return 'request.not_json';
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'request.refused' : 'internal');
}

const isJsonFault = (error: Error) =>
  String((error as { code?: unknown }).code).startsWith('FST_ERR_CTP_') && /JSON/i.test(error.message);
