import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { AppError } from '../common/app-error.js';
import { PUBLIC_ROUTE } from './decorators.js';
import { bearerToken, JwtStrategy } from './jwt.strategy.js';

let guards = 0;

/** Every route needs a valid access token unless it is `@Public()`. */
@Injectable()
export class JwtAuthGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    strategy: JwtStrategy,
  ) {
    // Passport's register of strategies is one per process; a name of its own keeps two apps in a process apart.
    const name = `jwt-${++guards}`;
    passport.use(name, strategy);
    super({ defaultStrategy: name });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC_ROUTE, [context.getHandler(), context.getClass()]))
      return true;
    return (await super.canActivate(context)) === true;
  }

  /** Passport gives `error` for what the strategy threw, and no user for what it could not verify. */
  override handleRequest<User>(
    error: unknown,
    user: User | false,
    _: unknown,
    context: ExecutionContext,
  ): User {
    if (error) throw error;
    if (user) return user;
    const sent = bearerToken(context.switchToHttp().getRequest<FastifyRequest['raw']>()) !== null;
    throw new AppError(sent ? 'auth.token_invalid' : 'auth.token_missing');
  }
}
