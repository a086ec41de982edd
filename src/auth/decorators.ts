import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { AuthUser } from './auth-user.js';

export const PUBLIC_ROUTE = 'auth:public';
export const FREE_TIER_ROUTE = 'auth:free-tier';

/** Opens a route to everybody. Without it a route needs a valid access token. */
export const Public = () => SetMetadata(PUBLIC_ROUTE, true);

/** Opens a route to everybody signed in. Without it a route needs premium. */
export const FreeTier = () => SetMetadata(FREE_TIER_ROUTE, true);

/** The signed-in user of the request; only on routes that are not `@Public()`. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext): AuthUser =>
    context.switchToHttp().getRequest<{ user: AuthUser }>().user,
);
