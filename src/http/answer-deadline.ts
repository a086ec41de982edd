import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';

/**
 * From the last byte of a request to the first of its answer. Every single wait is bounded already (data-source.ts, the
 * queues), but a request may meet several of them one after the other.
 */
const ANSWER_MS = 28_000;
const CHECK_MS = 1_000;

/** Set on a handler whose work takes longer, read when the request comes. */
export interface AnswerConfig {
  answerMs?: number;
}

interface Entry {
  request: FastifyRequest;
  reply: FastifyReply;
  endsAt: number;
}

/**
 * Answers for requests that are not answered in time. The work itself goes on, and may succeed: as with any answer that
 * is lost on the way, the client repeats the request. One look a second at those under way, in place of a timer each.
 */
export class AnswerDeadline {
  private readonly underWay = new Map<FastifyRequest, Entry>();
  private readonly replies = new WeakMap<FastifyRequest, FastifyReply>();

  constructor(
    private readonly refuse: (error: AppError, request: FastifyRequest, reply: FastifyReply) => void,
    private readonly answerMs = ANSWER_MS,
    private readonly checkMs = CHECK_MS,
  ) {}

  /**
   * Requests without a body that is read begin here; those with one when the parser has it. A ZIP is read by its handler, in
   * parts and after a wait: imports have bounds of their own and no deadline here.
   */
  watch(server: FastifyInstance): void {
    server.addHook('onRequest', (request, reply, done) => {
      this.replies.set(request, reply);
      if (!hasBody(request)) this.begin(request);
      done();
    });
    server.addHook('onSend', (request, _reply, _payload, done) => {
      this.underWay.delete(request);
      done();
    });
    // A client that went away is answered by nobody.
    server.addHook('onRequestAbort', (request, done) => {
      this.underWay.delete(request);
      done();
    });
    const timer = setInterval(() => this.check(performance.now()), this.checkMs).unref();
    server.addHook('onClose', (_, done) => {
      clearInterval(timer);
      done();
    });
  }

  /** The request is here to its last byte. */
  begin(request: FastifyRequest): void {
    const reply = this.replies.get(request);
    if (reply === undefined || reply.sent) return;
    const { answerMs = this.answerMs } = (request.routeOptions.config ?? {}) as AnswerConfig;
    this.underWay.set(request, { request, reply, endsAt: performance.now() + answerMs });
  }

  private check(now: number): void {
    for (const { request, reply, endsAt } of this.underWay.values()) {
      if (now < endsAt) continue;
      this.underWay.delete(request);
      if (!reply.sent)
        this.refuse(new AppError('server.unavailable', { retryAfterSeconds: 5 }), request, reply);
    }
  }
}

/** Whether a parser gets the request: of GET and HEAD the body is never read, and `fetch` says of an empty one that it has 0 bytes. */
const hasBody = ({ method, headers }: FastifyRequest): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
