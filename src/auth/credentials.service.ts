import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { RateLimits } from '../limits/rate-limits.js';
import type { AuthUser } from './auth-user.js';
import { CommonPasswords, type NewPassword } from './common-passwords.js';
import { normaliseEmail } from './email.js';
import { LoginAttempts } from './login-attempts.service.js';
import { Passwords } from './passwords.js';
import type { User } from './user.entity.js';
import { UsersService } from './users.service.js';

interface Given {
  /** E-mail address. */
  address: string;
  password: string;
  /** The network address of somebody who is not signed in. */
  from?: string;
}

/** Checks passwords. A wrong one and an unknown address are the same refusal, after the same work. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: Passwords,
    private readonly attempts: LoginAttempts,
    private readonly common: CommonPasswords,
    private readonly limits: RateLimits,
  ) {}

  /**
   * The account of that address, if the password is its own.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts, rate.failures
   */
  async check({ email, password, from }: { email: string; password: string; from: string }): Promise<User> {
    const address = normaliseEmail(email);
    const user = await this.users.findByEmail(address);
    return this.proven(user, { address, password, from });
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

  /**
   * The hash for a new account.
   * @throws AppError auth.password_common, rate.failures, rate.address
   */
  async firstHash(chosen: NewPassword, from: string): Promise<string> {
    await this.common.refuse(chosen);
    return this.passwords.hash(chosen.password, async () => {
      this.limits.checkFailures('sign-in-failures', from);
      await this.limits.countSignUp(from);
    });
  }

  private async proven(user: User | null, given: Given): Promise<User> {
    const right = await this.passwords.check({
      held: user?.passwordHash ?? null,
      password: given.password,
      first: async () => {
        if (given.from !== undefined) {
          this.limits.checkFailures('sign-in-failures', given.from);
          if (user !== null) this.limits.checkSignIns(user.id);
        }
        await this.attempts.count(given.address);
      },
    });
    if (user === null || !right) throw new AppError('auth.credentials_wrong');
    await this.attempts.forget(given.address);
    if (given.from !== undefined) await this.limits.countSignIn(user.id);
    return user;
  }
}
