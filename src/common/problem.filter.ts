import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, ERRORS } from './app-error.js';
import { callerIdOf } from './caller.js';
import { appErrorOf, PROBLEM_TYPE, problemOf } from './problem.js';

/** What the filter must know of the router to tell a wrong method from a wrong address. */
export interface KnownRoutes {
  methodsAt(url: string): string[];
}

/** Answers everything thrown with problem+json. Nothing of an unexpected error leaves the server but its request id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: KnownRoutes) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.named(appErrorOf(thrown), request, reply);
    log(error, thrown, request);
    // A stream that breaks on the way: its connection is cut, so that nobody takes a part for the whole.
    if (reply.sent || reply.raw.headersSent) return;
    if (request.method === 'OPTIONS' && error.code === 'route.method_not_allowed') {
      reply.code(204).send();
      return;
    }
    const problem = problemOf(error, request.id);
    // Again, because a request that Fastify could not route has met no hook.
    reply.header('x-request-id', request.id);
    const retryAfter = error.extras.retryAfterSeconds ?? (problem.status === 503 ? 1 : undefined);
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
    reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
  }

  /** Adds what only the request knows: the limit it exceeded, the methods its address has. */
  private named(error: AppError, request: FastifyRequest, reply: FastifyReply): AppError {
    if (error.code === 'request.too_large' && error.extras.detail === undefined) {
      const limit = request.routeOptions.bodyLimit / 1024 / 1024;
      const { detail } = ERRORS['request.too_large'];
      return new AppError('request.too_large', {
        detail: `The body may have at most ${limit} MiB, unpacked. ${detail}`,
      });
    }
    if (error.code !== 'route.not_found' || request.routeOptions.url !== undefined) return error;
    const methods = this.routes.methodsAt(request.url);
    if (methods.length === 0) return error;
    reply.header('allow', methods.join(', '));
    return new AppError('route.method_not_allowed');
  }
}

function log(error: AppError, thrown: unknown, request: FastifyRequest): void {
  const { status } = ERRORS[error.code];
  const cause = error.extras.cause ?? thrown;
  const userId = callerIdOf(request);
  if (status === 500) request.log.error({ err: cause, userId }, 'unexpected error');
  else if (status > 500) request.log.warn({ err: cause, code: error.code, userId }, 'not available');
  else request.log.debug({ code: error.code, userId }, 'refused');
}
