import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readJsonObject } from '../common/json-object.js';
import type { LateBodyConfig } from '../common/late-body.js';

/** Takes JSON objects and nothing else. Routes with `@LateBody` get the bytes. */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    let body: object;
    try {
      body = isLate(request) ? bytes : readJsonObject(bytes);
    } catch (fault) {
      return done(fault as Error);
    }
    done(null, body);
  });
}

const isLate = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as LateBodyConfig | undefined)?.lateBody === true;
