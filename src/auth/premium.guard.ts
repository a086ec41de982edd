import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../common/app-error.js';
import type { AuthUser } from './auth-user.js';
import { FREE_TIER_ROUTE, PUBLIC_ROUTE } from './decorators.js';

/** Every route needs premium unless it is `@Public()` or `@FreeTier()`. Runs after JwtAuthGuard, which read the account. */
@Injectable()
export class PremiumGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    const open = [PUBLIC_ROUTE, FREE_TIER_ROUTE].some((mark) =>
      this.reflector.getAllAndOverride<boolean>(mark, places),
    );
    if (open) return true;
    const { user } = context.switchToHttp().getRequest<{ user?: AuthUser }>();
    if (!user?.isPremium) throw new AppError('premium.required');
    return true;
  }
}
