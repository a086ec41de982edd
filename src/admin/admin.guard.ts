import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LoginAttempts } from '../auth/login-attempts.service.js';
import { AppError } from '../common/app-error.js';
import { callerOf } from '../common/caller-address.js';
import { isSameSecret } from '../common/same-secret.js';
import { Env } from '../config/env.js';

export const KEY_HEADER = 'x-admin-key';

/** Nobody but who has the key of support; where none is set there are no such addresses. Every use is in the log. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly env: Env,
    private readonly attempts: LoginAttempts,
  ) {}

  /** @throws AppError route.not_found, admin.key_wrong, auth.too_many_attempts */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.env.adminApiKey === '') throw new AppError('route.not_found');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { ip: address, method } = request;
    const use = { address, method, route: request.routeOptions.url };
    const bucket = `admin key from ${callerOf(address)}`;
    await this.attempts.assertNotSpent(bucket);
    if (!isSameSecret(keyOf(request), this.env.adminApiKey)) {
      request.log.warn(use, 'admin key refused');
      await this.attempts.count(bucket);
      throw new AppError('admin.key_wrong');
    }
    request.log.info(use, 'admin key used');
    return true;
  }
}

function keyOf({ headers }: FastifyRequest): string {
  const own = headers[KEY_HEADER];
  if (typeof own === 'string') return own;
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}
