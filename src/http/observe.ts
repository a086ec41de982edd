import type { FastifyInstance } from 'fastify';
import type { HttpMeters } from '../monitoring/http-meters.js';
import { withinRequest } from '../monitoring/request-scope.js';
import {
  beginRequest,
  continueAt,
  endRequest,
  isTracing,
  type Place,
  traceIdOf,
} from '../monitoring/tracing.js';
import { logRequest } from './logger.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the body, unpacked; 0 without one. */
    bodyBytes: number;
    /** Its place in a trace. */
    place: Place;
  }
}

/** Logs, counts and traces every request. With callbacks, as in server.ts. */
export function observeRequests(server: FastifyInstance, meters: HttpMeters, hasScope: boolean): void {
  server.decorateRequest('bodyBytes', 0);
  server.decorateRequest('place', undefined);
  // Fastify takes the scope across the reading of the body, which the socket calls.
  if (hasScope) server.addHook('onRequest', (request, _, done) => withinRequest(request, done));
  if (isTracing()) traceRequests(server);
  server.addHook('onResponse', (request, reply, done) => {
    const { method, bodyBytes } = request;
    const { url: route } = request.routeOptions;
    const answered = { method, route, status: reply.statusCode, ms: reply.elapsedTime, bodyBytes };
    logRequest(request, answered);
    meters.answered(answered);
    done();
  });
}

function traceRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _, done) => {
    const { method, id, headers } = request;
    const { url: route } = request.routeOptions;
    // No path and no user: the request id leads to the line in the log that has both.
    request.place = beginRequest(headers, route === undefined ? method : `${method} ${route}`, {
      'http.request.method': method,
      ...(route === undefined ? {} : { 'http.route': route }),
      'phoenix.request_id': id,
    });
    request.log = request.log.child({ traceId: traceIdOf(request.place) });
    continueAt(request.place, done);
  });
  server.addHook('onResponse', (request, reply, done) => {
    endRequest(request.place, reply.statusCode);
    done();
  });
}
