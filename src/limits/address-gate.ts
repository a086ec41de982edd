import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { policyOf } from './policies.js';
import { RateLimits } from './rate-limits.js';

/** Bodies of strangers that are read before the guard looks at their token. */
const STRANGERS_BODY_BYTES = 16 * 1024;

/** Whether this server has signed the token: no question of whether it still counts. */
export type IsSigned = (token: string) => boolean;

/**
 * Stands before everything else, for what a stranger may cost: nothing of a body is read before it. In this order: all
 * requests of the address; what failed for it lately; and who has no token of ours, if the address has sent much of that or
 * the body is large. Whoever shows a good token is never refused for what neighbours behind the same address do.
 */
@Injectable()
export class AddressGate {
  constructor(private readonly limits: RateLimits) {}

  guard(server: FastifyInstance, isSigned: IsSigned): void {
    // With callbacks: a promise for each hook of each request would cost more than what they do.
    server.addHook('onRequest', (request, _reply, done) => {
      try {
        this.check(request, isSigned);
      } catch (error) {
        return done(error as Error);
      }
      done();
    });
    server.addHook('onResponse', (request, reply, done) => {
      if (reply.statusCode === 401 && policyOf(request).account !== undefined)
        this.limits.countStranger(request.ip);
      done();
    });
  }

  private check(request: FastifyRequest, isSigned: IsSigned): void {
    const { account, failures, unlimited } = policyOf(request);
    if (unlimited) return;
    const { ip } = request;
    this.limits.countForAddress(ip);
    if (failures !== undefined) this.limits.checkFailures(failures, ip);
    if (account === undefined) return;
    const areStrangers = this.limits.areStrangers(ip);
    if (!areStrangers && !hasLargeBody(request)) return;
    const token = tokenOf(request);
    if (token !== null && isSigned(token)) return;
    if (areStrangers) throw this.limits.strangersRefusal();
    throw new AppError(token === null ? 'auth.token_missing' : 'auth.token_invalid');
  }
}

const hasLargeBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > STRANGERS_BODY_BYTES;

const tokenOf = ({ headers: { authorization } }: FastifyRequest): string | null =>
  /^bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
