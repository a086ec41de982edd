import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import type { AuthUser } from './auth-user.js';
import { CommonPasswords, type NewPassword } from './common-passwords.js';
import { normaliseEmail } from './email.js';
import { LoginAttempts } from './login-attempts.service.js';
import { Passwords } from './passwords.js';
import type { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** Checks passwords. A wrong one and an unknown address are the same refusal, after the same work. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: Passwords,
    private readonly attempts: LoginAttempts,
    private readonly common: CommonPasswords,
  ) {}

  /**
   * The account of that address, if the password is its own.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts
   */
  async check(email: string, password: string): Promise<User> {
    const address = normaliseEmail(email);
    const user = await this.users.findByEmail(address);
    return this.proven(user, { address, password });
  }

  /**
   * The caller's account, if the password is its own: a token alone is not enough for what cannot be taken back.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts
   */
  async checkCaller(caller: AuthUser, password: string): Promise<User> {
    const user = await this.users.find(caller.id);
    return this.proven(user, { address: caller.email, password });
  }

  /**
   * The hash of a password that may be set.
   * @throws AppError auth.password_common
   */
  async newHash(chosen: NewPassword): Promise<string> {
    await this.common.refuse(chosen);
    return this.passwords.hash(chosen.password);
  }

  private async proven(user: User | null, given: { address: string; password: string }): Promise<User> {
    const right = await this.passwords.check({
      held: user?.passwordHash ?? null,
      password: given.password,
      first: () => this.attempts.count(given.address),
    });
    if (user === null || !right) throw new AppError('auth.credentials_wrong');
    await this.attempts.forget(given.address);
    return user;
  }
}
