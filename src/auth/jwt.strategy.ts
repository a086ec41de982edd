import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { isUUID } from 'class-validator';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { CoalescedRead } from '../database/coalesced-read.js';
import { Database } from '../database/database.js';
import { ALGORITHM, AUDIENCE, ISSUER, signingKey } from './access-token.js';
import type { AuthUser } from './auth-user.js';
import { SubscriptionService } from './subscription.service.js';
import { VerifiedTokens } from './verified-tokens.js';

type Request = Parameters<ReturnType<typeof ExtractJwt.fromAuthHeaderAsBearerToken>>[0];

export const bearerToken = ExtractJwt.fromAuthHeaderAsBearerToken();

const LOAD_CALLERS = {
  name: 'auth.load-callers',
  text: `
    select k.place, u.email, u.display_name, u.subscription_status, u.subscription_expires_at, s.revoked_at
      from unnest($1::uuid[], $2::uuid[]) with ordinality k(user_id, id, place)
      cross join lateral (
        select s.revoked_at from auth_sessions s where s.user_id = k.user_id and s.id = k.id offset 0) s
      cross join lateral (
        select u.email, u.display_name, u.subscription_status, u.subscription_expires_at
          from users u where u.id = k.user_id and u.disabled_at is null and u.deleted_at is null offset 0) u`,
};

type CallerRow = [
  email: string,
  displayName: string,
  subscriptionStatus: string,
  subscriptionExpiresAt: string | null,
  revokedAt: string | null,
];

/**
 * Access token → AuthUser. Passport checks signature, algorithm, issuer and audience; everything that can change while a
 * token lives is read from the database with every request, in one statement by primary key. A fault of the database is
 * thrown as it is: it must never look like bad credentials.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  private readonly callers: CoalescedRead<[userId: string, sessionId: string], CallerRow>;
  private readonly verified = new VerifiedTokens();

  constructor(
    env: Env,
    private readonly clock: Clock,
    database: Database,
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
      passReqToCallback: true,
    });
    this.callers = new CoalescedRead(database, LOAD_CALLERS);
  }

  override authenticate(request: Request, options?: unknown): void {
    const token = bearerToken(request);
    const claims = token === null ? undefined : this.verified.get(token);
    if (claims === undefined) super.authenticate(request, options);
    else
      void this.userOf(claims).then(
        (user) => this.success(user),
        (error: unknown) => this.error(error as Error),
      );
  }

  /** Called for what Passport has verified. */
  validate(request: Request, claims: Record<string, unknown>): Promise<AuthUser> {
    const token = bearerToken(request);
    if (token !== null) this.verified.add(token, claims);
    return this.userOf(claims);
  }

  /**
   * Who a caller is by now, for an answer that goes on long after its request was let in.
   * @throws AppError auth.token_expired, auth.token_revoked
   */
  again({ id, sessionId, tokenExpiresAt }: AuthUser): Promise<AuthUser> {
    return this.userOf({ sub: id, sid: sessionId, typ: 'access', exp: tokenExpiresAt / 1000 });
  }

  /** @throws AppError auth.token_invalid, auth.token_expired, auth.token_revoked */
  private async userOf(claims: Record<string, unknown>): Promise<AuthUser> {
    const { sub, sid, typ, exp } = claims;
    if (typ !== 'access' || typeof exp !== 'number' || !isUuid(sub) || !isUuid(sid))
      throw new AppError('auth.token_invalid');
    if (exp * 1000 <= this.clock.now()) throw new AppError('auth.token_expired');
    const caller = await this.callers.read([sub, sid]);
    if (caller === undefined) throw new AppError('auth.token_revoked');
    const [email, displayName, subscriptionStatus, expiresAt, revokedAt] = caller;
    if (revokedAt !== null) throw new AppError('auth.token_revoked');
    const subscription = {
      subscriptionStatus,
      subscriptionExpiresAt: expiresAt === null ? null : Number(expiresAt),
    };
    const isPremium = this.subscriptions.isPremium(subscription);
    return {
      id: sub,
      email,
      displayName,
      isPremium,
      ...subscription,
      sessionId: sid,
      tokenExpiresAt: exp * 1000,
    };
  }
}

const isUuid = (value: unknown): value is string => isUUID(value);
