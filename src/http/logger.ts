import type { LoggerService } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import pino, { type Level, type Logger } from 'pino';
import { callerIdOf } from '../common/caller.js';
import { isError } from '../common/is-error.js';
import type { Answered } from '../monitoring/http-meters.js';
import { scopeFields } from '../monitoring/request-scope.js';

const MAX_PATH = 200;

interface LoggedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string;
  cause?: LoggedError;
}

/** Only these: errors of the driver also carry the statement, its parameters and the row, which are people's data. */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!isError(error)) return { type: typeof error, message: 'not an Error' };
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(cause === undefined || depth > 2 ? {} : { cause: loggedError(cause, depth + 1) }),
  };
}

/** JSON lines on stdout. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => loggedError(error) },
  });
}

/** One line per request: no body, no header, no query. */
export function logRequest(request: FastifyRequest, { method, route, status, ms }: Answered): void {
  const [path = ''] = request.url.split('?', 1);
  request.log.info(
    {
      method,
      path: path.slice(0, MAX_PATH),
      // What is undefined is not printed.
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      userId: callerIdOf(request),
    },
    'request',
  );
}

/** What Nest says of its own start: every module and every route. */
const CHATTY = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's own messages in the same stream. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = (message: unknown, ...rest: unknown[]) => this.write('info', message, rest);
  warn = (message: unknown, ...rest: unknown[]) => this.write('warn', message, rest);
  error = (message: unknown, ...rest: unknown[]) => this.write('error', message, rest);
  fatal = (message: unknown, ...rest: unknown[]) => this.write('fatal', message, rest);
  debug = (message: unknown, ...rest: unknown[]) => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]) => this.write('trace', message, rest);

  /** Nest passes the context last, and a stack before it for errors; ours may pass fields. */
  private write(level: Level, message: unknown, rest: unknown[]) {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    if (level === 'info' && CHATTY.has(String(context))) level = 'debug';
    const given = rest.find((part): part is object => typeof part === 'object' && part !== null);
    const fields = {
      ...scopeFields(),
      ...given,
      ...(typeof context === 'string' ? { context } : {}),
      ...(typeof stack === 'string' ? { stack } : {}),
    };
    if (isError(message)) this.logger[level]({ ...fields, err: message }, message.message);
    else this.logger[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
  }
}
