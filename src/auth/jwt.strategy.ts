import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { isUUID } from 'class-validator';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/sql.js';
import { ALGORITHM, AUDIENCE, ISSUER, signingKey } from './access-token.js';
import type { AuthUser } from './auth-user.js';
import { SubscriptionService, subscriptionOf, type SubscriptionRow } from './subscription.service.js';

export const bearerToken = ExtractJwt.fromAuthHeaderAsBearerToken();

const LOAD_CALLER = {
  name: 'auth.load-caller',
  text: `
    select u.email, u.display_name, u.subscription_status, u.subscription_expires_at, s.revoked_at
    from auth_sessions s join users u on u.id = s.user_id
    where s.user_id = $1 and s.id = $2`,
};

interface CallerRow extends SubscriptionRow {
  email: string;
  display_name: string;
  revoked_at: string | null;
}

/**
 * Access token → AuthUser. Passport checks signature, algorithm, issuer and audience; everything that can change while a
 * token lives is read from the database with every request, in one statement by primary key. A fault of the database is
 * thrown as it is: it must never look like bad credentials.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionService,
  ) {
    super({
      jwtFromRequest: bearerToken,
      // The types of passport-jwt are older than KeyObject; jsonwebtoken, which gets it, is not.
      secretOrKey: signingKey(env) as unknown as Buffer,
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      // Expiry is checked below against the clock that dated the token.
      ignoreExpiration: true,
    });
  }

  /** @throws AppError auth.token_invalid, auth.token_expired, auth.token_revoked */
  async validate(claims: Record<string, unknown>): Promise<AuthUser> {
    const { sub, sid, typ, exp } = claims;
    if (typ !== 'access' || typeof exp !== 'number' || !isUuid(sub) || !isUuid(sid))
      throw new AppError('auth.token_invalid');
    if (exp * 1000 <= this.clock.now()) throw new AppError('auth.token_expired');
    const [row] = await this.database.query<CallerRow>({ ...LOAD_CALLER, values: [sub, sid] });
    if (row === undefined || row.revoked_at !== null) throw new AppError('auth.token_revoked');
    const subscription = subscriptionOf(row);
    return {
      id: sub,
      email: row.email,
      displayName: row.display_name,
      isPremium: this.subscriptions.isPremium(subscription),
      ...subscription,
      sessionId: sid,
    };
  }
}

const isUuid = (value: unknown): value is string => isUUID(value);
