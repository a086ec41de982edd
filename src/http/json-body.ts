import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { readJsonObject } from '../common/json-object.js';
import type { LateBodyConfig } from '../common/late-body.js';
import { ZIP_TYPE, type ZipBodyConfig } from '../common/stream-body.js';
import type { QueueMeters } from '../monitoring/queue-meters.js';
import type { AnswerDeadline } from './answer-deadline.js';
import { BodyIntake, expectedOf } from './body-intake.js';
import { waitForTurns } from './large-bodies.js';

/**
 * Takes JSON objects, and ZIPs where a route is made for them. Routes with `@LateBody` get the bytes. Large bodies wait
 * for their turn first.
 */
export function acceptJsonOnly(server: FastifyInstance, deadline: AnswerDeadline, queues: QueueMeters): void {
  const turnOf = waitForTurns(server, queues);
  const intake = new BodyIntake();
  const refused = new WeakSet<FastifyRequest>();
  const collected = async (request: FastifyRequest, payload: Readable) => {
    try {
      return await intake.collect(payload, expectedOf(request));
    } catch (error) {
      refused.add(request);
      // To its end, also where nothing of it was wanted.
      payload.resume();
      throw error;
    }
  };
  // Fastify would end the connection: who is still sending would lose the answer to that, and take it for a bad network.
  server.addHook('onSend', (request, reply, _payload, done) => {
    if (refused.has(request)) reply.removeHeader('connection');
    done();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    const bytes = await collected(request, payload);
    deadline.begin(request);
    request.bodyBytes = bytes.length;
    await turnOf(request, bytes.length);
    return isLate(request) ? bytes : readJsonObject(bytes);
  });
  takeZips(server);
}

/** A ZIP is nobody's to hold in memory: only routes that read it as a stream take one. */
function takeZips(server: FastifyInstance): void {
  server.addContentTypeParser(ZIP_TYPE, (request: FastifyRequest, stream: Readable, done) => {
    const { zipBody } = request.routeOptions.config as ZipBodyConfig;
    const isAsItIs = (request.headers['content-encoding'] ?? 'identity') === 'identity';
    if (zipBody === true && isAsItIs) done(null, stream);
    else done(new AppError('request.unsupported_media_type'));
  });
}

const isLate = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as LateBodyConfig | undefined)?.lateBody === true;
