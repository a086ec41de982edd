import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { policyOf } from './policies.js';
import { RateLimits } from './rate-limits.js';

/** Counts what an account asks for. Runs after the guard that found out who is calling. */
@Injectable()
export class AccountLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimits) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: { id: string } }>();
    const { account } = policyOf(request);
    if (account === undefined || request.user === undefined) return true;
    return this.limits.countForAccount(account, request.user.id).then(() => true);
  }
}
