import compress from '@fastify/compress';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { constants } from 'node:zlib';
import { AppError } from '../common/app-error.js';
import { DEFAULT_BODY_LIMIT } from '../common/body-limit.js';
import type { ProblemFilter } from '../common/problem.filter.js';
import type { Env } from '../config/env.js';
import { HttpMeters } from '../monitoring/http-meters.js';
import { QueueMeters } from '../monitoring/queue-meters.js';
import { isScopeFree } from '../monitoring/request-scope.js';
import { AnswerDeadline } from './answer-deadline.js';
import { answerClientError } from './client-error.js';
import { Closing } from './closing.js';
import { boundConnections } from './connections.js';
import { acceptJsonOnly } from './json-body.js';
import { observeRequests } from './observe.js';
import { requestIdOf } from './request-id.js';
import { securityHeaders } from './security-headers.js';
import { hintAtUnnamedProxy } from './unnamed-proxy.js';

/**
 * Headers must come at once, but a phone in a gym's basement may need minutes for a first push of 32 MiB. A connection on
 * which nothing moves for `idle` is cut; it is longer than any statement may take (data-source.ts). Between two requests a
 * connection may stay for `keepAlive`: longer than load balancers keep theirs to us (60 s), for a connection that we close
 * just when they send on it costs a request.
 */
const TIMEOUT_MS = {
  headers: 10_000,
  request: 300_000,
  idle: 60_000,
  check: 5_000,
  keepAlive: 75_000,
} as const;

/** Answered to the end: whoever asks whether the process lives must not kill it while it finishes its work. */
const WHILE_CLOSING = new Set(['/health/live', '/metrics']);

/** Below this the headers of compression weigh more than what it saves. */
const COMPRESSION_THRESHOLD = 1024;
const COMPRESSIBLE = /^text\/(?!event-stream)|[+/](?:json|javascript|xml)(?:;|$)/;

export function createAdapter(env: Env, logger: Logger, filter: () => ProblemFilter): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    // Our own line per request says less: see logger.ts.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    bodyLimit: DEFAULT_BODY_LIMIT,
    // Only named proxies may say for whom they speak: limits per address would mean nothing otherwise.
    trustProxy: env.trustedProxies.length > 0 ? env.trustedProxies : false,
    // A missing Host is refused by our own hook below: Node's answer has no body.
    http: {
      headersTimeout: TIMEOUT_MS.headers,
      connectionsCheckingInterval: TIMEOUT_MS.check,
      requireHostHeader: false,
    },
    requestTimeout: TIMEOUT_MS.request,
    connectionTimeout: TIMEOUT_MS.idle,
    keepAliveTimeout: TIMEOUT_MS.keepAlive,
    // Answered by our own hook below, as problem+json.
    return503OnClosing: false,
    // When it comes to that, every answer has been sent (Closing); a connection that was never used is not `idle` to Node.
    forceCloseConnections: true,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      filter().answer(error, request, reply);
    },
    routerOptions: { maxParamLength: 2048 },
  });
}

/** Plugins and hooks, in the order in which a request meets them. Call before the routes are made. */
export async function equip(app: NestFastifyApplication, env: Env, filter: ProblemFilter): Promise<void> {
  const deadline = new AnswerDeadline((error, request, reply) => filter.answer(error, request, reply));
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const closing = app.get(Closing);
  const security = await securityHeaders();
  boundConnections(server.server, env);
  if (env.trustedProxies.length === 0) hintAtUnnamedProxy(server);
  // Node would answer an expectation it does not know with 417 and nothing; a server may also ignore it (RFC 9110 §10.1.1).
  server.server.on('checkExpectation', (request, reply) => server.server.emit('request', request, reply));
  // With callbacks: a promise for each hook of each request would cost more than what they do.
  server.addHook('onRequest', (request, reply, done) => {
    reply.headers(security).header('x-request-id', request.id);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1')
      return done(new AppError('request.refused', { detail: 'The Host header is missing.' }));
    if (closing.isClosing && !WHILE_CLOSING.has(request.routeOptions.url ?? ''))
      return done(new AppError('server.unavailable', { retryAfterSeconds: 1 }));
    closing.await(reply.raw);
    done();
  });
  observeRequests(
    server,
    app.get(HttpMeters),
    env.logContext === 'auto' ? isScopeFree() : env.logContext === 'on',
  );
  deadline.watch(server);
  acceptJsonOnly(server, deadline, app.get(QueueMeters));
  server.addHook('onSend', (_, reply, _payload, done) => {
    // An open connection would keep a server that stops waiting for its time limit.
    if (closing.isClosing) reply.header('connection', 'close');
    done();
  });
  await server.register(compress, {
    encodings: ['gzip', 'br'],
    // Bodies are unpacked where they are held to their limits: body-intake.ts.
    globalDecompression: false,
    threshold: COMPRESSION_THRESHOLD,
    customTypes: COMPRESSIBLE,
    // Level 1 costs a third of the time of the default and packs JSON nearly as well.
    zlibOptions: { level: 1 },
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } },
  });
  if (env.corsOrigins.length > 0)
    app.enableCors({
      origin: env.corsOrigins,
      exposedHeaders: ['X-Request-Id', 'Retry-After', 'Content-Disposition', 'ETag', 'Date'],
      maxAge: 86_400,
    });
}
