import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readJsonObject } from '../common/json-object.js';
import type { LateBodyConfig } from '../common/late-body.js';
import { waitForTurns } from './large-bodies.js';

/** Takes JSON objects and nothing else. Routes with `@LateBody` get the bytes. Large bodies wait for their turn first. */
export function acceptJsonOnly(server: FastifyInstance): void {
  const turnOf = waitForTurns(server);
  const read = (request: FastifyRequest, bytes: Buffer) => (isLate(request) ? bytes : readJsonObject(bytes));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    turnOf(request, bytes.length)
      .then(() => read(request, bytes))
      .then((body) => done(null, body), done);
  });
}

const isLate = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as LateBodyConfig | undefined)?.lateBody === true;
