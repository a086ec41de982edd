import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { RateLimits } from '../limits/rate-limits.js';
import { AccountMails } from './account-mails.service.js';
import type { ProfileDto, UpdateProfileDto } from './auth.dto.js';
import type { AuthUser } from './auth-user.js';
import { CredentialsService } from './credentials.service.js';
import { displayNameFor } from './email.js';
import { LinkTokens } from './link-tokens.service.js';
import { SubscriptionService } from './subscription.service.js';
import { UsersService } from './users.service.js';

const UNIQUE_VIOLATION = '23505';

/** What an account says of itself. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly users: UsersService,
    private readonly credentials: CredentialsService,
    private readonly subscriptions: SubscriptionService,
    private readonly database: Database,
    private readonly links: LinkTokens,
    private readonly mails: AccountMails,
    private readonly limits: RateLimits,
  ) {}

  /** @throws AppError auth.token_revoked if the account was deleted since the guard let the caller in. */
  async get(id: string): Promise<ProfileDto> {
    const user = await this.users.find(id);
    if (user === null) throw new AppError('auth.token_revoked');
    const { email, displayName, subscriptionStatus, subscriptionExpiresAt, createdAt } = user;
    return {
      id,
      email,
      emailConfirmed: user.emailConfirmedAt !== null,
      displayName,
      isPremium: this.subscriptions.isPremium(user),
      subscriptionStatus,
      subscriptionExpiresAt,
      createdAt,
    };
  }

  /**
   * Another address is another way in, so it needs the password as well.
   * @throws AppError auth.email_taken, auth.credentials_wrong, auth.too_many_attempts, rate.account,
   * request.invalid
   */
  async update(caller: AuthUser, changes: UpdateProfileDto): Promise<ProfileDto> {
    const email = changes.email === caller.email ? undefined : changes.email;
    let passwordHash: string | undefined;
    if (email !== undefined) {
      if (changes.currentPassword === undefined) throw currentPasswordMissing();
      ({ passwordHash } = await this.credentials.checkCaller(caller, changes.currentPassword));
      await this.limits.countMove(caller.id);
    }
    const { displayName } = changes;
    const name = displayName === undefined ? undefined : displayNameFor(email ?? caller.email, displayName);
    const sql = this.database.of(caller.id);
    try {
      await sql.transaction({ mode: 'write' }, async (tx) => {
        const before = await this.users.rename(tx, caller.id, { displayName: name, email, passwordHash });
        if (email === undefined) return;
        if (before === null) throw new AppError('auth.credentials_wrong');
        if (before.email !== email)
          await this.tellOfMove(tx, { id: caller.id, from: before.email, to: email });
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('auth.email_taken');
      throw error;
    }
    return this.get(caller.id);
  }

  /** Links that were sent to the former address are void with it. */
  private async tellOfMove(
    tx: Sql,
    { id, from, to }: { id: string; from: string; to: string },
  ): Promise<void> {
    await this.links.voidAll(tx, id);
    await this.mails.emailChanged(tx, { id, email: from });
    await this.mails.confirmation(tx, { id, email: to });
  }
}

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === UNIQUE_VIOLATION;

const currentPasswordMissing = () => {
  const message = 'a change of the e-mail address needs the current password';
  return new AppError('request.invalid', {
    errors: [{ path: 'currentPassword', code: 'isDefined', message }],
  });
};
