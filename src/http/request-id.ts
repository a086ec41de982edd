import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Long enough to be told apart, short and plain enough for a log. */
const SANE = /^[\w.-]{8,64}$/;

export const newRequestId = (): string => randomUUID();

/** The caller's own id where it is one, so that a phone's log and ours name the same request alike. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && SANE.test(sent) ? sent : newRequestId();
}
