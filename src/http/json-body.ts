import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { readJsonObject } from '../common/json-object.js';
import type { LateBodyConfig } from '../common/late-body.js';
import { ZIP_TYPE, type ZipBodyConfig } from '../common/stream-body.js';
import { waitForTurns } from './large-bodies.js';

/** Takes JSON objects, and ZIPs where a route is made for them. Routes with `@LateBody` get the bytes. Large bodies wait for their turn first. */
export function acceptJsonOnly(server: FastifyInstance): void {
  const turnOf = waitForTurns(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      await turnOf(request, bytes.length);
      return isLate(request) ? bytes : readJsonObject(bytes);
    },
  );
  takeZips(server);
}

/** A ZIP is nobody's to hold in memory: only routes that read it as a stream take one. */
function takeZips(server: FastifyInstance): void {
  server.addContentTypeParser(ZIP_TYPE, (request: FastifyRequest, stream: IncomingMessage, done) => {
    const { zipBody } = request.routeOptions.config as ZipBodyConfig;
    if (zipBody === true) done(null, stream);
    else done(new AppError('request.unsupported_media_type'));
  });
}

const isLate = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as LateBodyConfig | undefined)?.lateBody === true;
