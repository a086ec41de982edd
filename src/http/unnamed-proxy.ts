import type { FastifyInstance } from 'fastify';

/**
 * Says once that requests seem to come through a proxy that nobody named: to the limits per address everybody is one
 * caller then. Anybody may send the header, so it is no more than a hint.
 */
export function hintAtUnnamedProxy(server: FastifyInstance): void {
  let isSaid = false;
  server.addHook('onRequest', (request, _, done) => {
    if (!isSaid && request.headers['x-forwarded-for'] !== undefined) {
      isSaid = true;
      request.log.warn(
        'requests carry X-Forwarded-For, but TRUSTED_PROXIES is empty: if a proxy stands before this server, limits meet all its clients together',
      );
    }
    done();
  });
}
