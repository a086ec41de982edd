import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readJsonObject } from '../common/json-object.js';
import type { LateBodyConfig } from '../common/late-body.js';
import type { QueueMeters } from '../monitoring/queue-meters.js';
import type { AnswerDeadline } from './answer-deadline.js';
import { BodyIntake, expectedOf } from './body-intake.js';
import { waitForTurns } from './large-bodies.js';

/** Takes JSON objects and nothing else. Routes with `@LateBody` get the bytes. Large bodies wait for their turn first. */
export function acceptJsonOnly(server: FastifyInstance, deadline: AnswerDeadline, queues: QueueMeters): void {
  const turnOf = waitForTurns(server, queues);
  const intake = new BodyIntake();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    const bytes = await intake.collect(payload, expectedOf(request));
    deadline.begin(request);
    request.bodyBytes = bytes.length;
    await turnOf(request, bytes.length);
    return isLate(request) ? bytes : readJsonObject(bytes);
  });
}

const isLate = ({ routeOptions }: FastifyRequest): boolean =>
  (routeOptions.config as LateBodyConfig | undefined)?.lateBody === true;
