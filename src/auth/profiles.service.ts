import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import { AppError } from '../common/app-error.js';
import type { ProfileDto, UpdateProfileDto } from './auth.dto.js';
import type { AuthUser } from './auth-user.js';
import { CredentialsService } from './credentials.service.js';
import { displayNameFor } from './email.js';
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
  ) {}

  /** @throws AppError auth.token_revoked if the account was deleted since the guard let the caller in. */
  async get(id: string): Promise<ProfileDto> {
    const user = await this.users.find(id);
    if (user === null) throw new AppError('auth.token_revoked');
    const { email, displayName, subscriptionStatus, subscriptionExpiresAt, createdAt } = user;
    const isPremium = this.subscriptions.isPremium(user);
    return { id, email, displayName, isPremium, subscriptionStatus, subscriptionExpiresAt, createdAt };
  }

  /**
   * Another address is another way in, so it needs the password as well.
   * @throws AppError auth.email_taken, auth.credentials_wrong, auth.too_many_attempts, request.invalid
   */
  async update(caller: AuthUser, changes: UpdateProfileDto): Promise<ProfileDto> {
    const email = changes.email === caller.email ? undefined : changes.email;
    if (email !== undefined) {
      if (changes.currentPassword === undefined) throw currentPasswordMissing();
      await this.credentials.checkCaller(caller, changes.currentPassword);
    }
    const { displayName } = changes;
    const name = displayName === undefined ? undefined : displayNameFor(email ?? caller.email, displayName);
    try {
      await this.users.rename(caller.id, { displayName: name, email });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('auth.email_taken');
      throw error;
    }
    return this.get(caller.id);
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
