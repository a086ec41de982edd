import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { isSameSecret } from '../common/same-secret.js';
import { Env } from '../config/env.js';

/** Nobody but RevenueCat, by the header that it was told to send; without one there is no such address. */
@Injectable()
export class WebhookGuard implements CanActivate {
  constructor(private readonly env: Env) {}

  canActivate(context: ExecutionContext): boolean {
    const { revenuecatWebhookAuthorization: expected } = this.env;
    if (expected === '') throw new AppError('route.not_found');
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isSameSecret(request.headers.authorization ?? '', expected)) return true;
    const code = 'billing.authorization_wrong';
    request.log.warn({ code }, 'billing event refused');
    throw new AppError(code);
  }
}
