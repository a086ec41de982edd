import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../common/app-error.js';
import { PROBLEM_TYPE, problemOf } from '../common/problem.js';
import { newRequestId } from './request-id.js';

const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what Node cannot even read as HTTP; there is no request and no reply then, only the socket. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  answerRaw(socket, new AppError('request.refused'), STATUS[error.code ?? ''] ?? 400);
}

const RETRY_SECONDS = 5;

/** For a connection too many: says so and closes, whatever the other side may still say. */
export function refuseConnection(socket: Socket): void {
  socket.on('error', () => undefined);
  answerRaw(socket, new AppError('server.unavailable'), 503, `Retry-After: ${RETRY_SECONDS}`);
  socket.destroySoon();
}

function answerRaw(socket: Socket, error: AppError, status: number, ...headers: string[]): void {
  const problem = Object.assign(problemOf(error, newRequestId()), { status });
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${problem.requestId}`,
      ...headers,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
