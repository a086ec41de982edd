import { Injectable, Logger } from '@nestjs/common';
import { AppError, type ErrorCode } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { callerOf } from '../common/caller-address.js';
import { type Faults, Limiter } from './limiter.js';
import { type AccountLimit, type FailureLimit, isAccountLimit } from './policies.js';
import { SharedCounts } from './shared-counts.js';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Whoever is signed in may change the own account, and look at it, this often. */
const ACCOUNT_PER_MINUTE = 120;
/**
 * Tokens cannot be guessed, only cost; and 200 phones in a gym may go on for a while with those that no longer count.
 * For each failed sign-in that is let through.
 */
const WRONG_TOKENS = 10;

/** What counts as a failure. An account whose guesses are used up is not asked, so it counts no further. */
const GUESSES: Readonly<Record<FailureLimit, readonly ErrorCode[]>> = {
  'sign-in-failures': ['auth.credentials_wrong', 'auth.email_taken'],
  'token-failures': [
    'auth.refresh_token_invalid',
    'auth.token_reused',
    'auth.token_revoked',
    'auth.link_invalid',
  ],
};

/** The right password costs as much work as a wrong one, and leaves a sign-in behind. */
const SIGN_INS_PER_QUARTER = 120;
/** Each tells whether the address is another account's. */
const MOVES_PER_HOUR = 10;

/** For an account, and seldom. */
type SeldomLimit = 'sign-ins' | 'moves';
const isSeldomLimit = (name: string): name is SeldomLimit => name === 'sign-ins' || name === 'moves';

type LimitName = AccountLimit | FailureLimit | SeldomLimit | 'address' | 'strangers' | 'sign-ups' | 'resets';

/** Every limit on how often, with what it counts for. Counts nothing with RATE_LIMIT=off. */
@Injectable()
export class RateLimits {
  private readonly isOn: boolean;
  private readonly limiters: Readonly<Record<LimitName, Limiter>>;
  private readonly log = new Logger('RateLimits');

  constructor(
    env: Env,
    clock: Clock,
    private readonly shared: SharedCounts,
  ) {
    this.isOn = env.rateLimit;
    const limiter = (name: LimitName, max: number, windowMs: number, step = Math.ceil(max / 10)) =>
      new Limiter({ name, max, windowMs, step }, clock, shared, this.faults);
    this.limiters = {
      sync: limiter('sync', env.rateLimitSyncPerMinute, MINUTE_MS),
      uploads: limiter('uploads', env.rateLimitUploadsPerMinute, MINUTE_MS),
      reads: limiter('reads', env.rateLimitReadsPerMinute, MINUTE_MS),
      account: limiter('account', ACCOUNT_PER_MINUTE, MINUTE_MS),
      address: limiter('address', env.rateLimitAddressPerMinute, MINUTE_MS),
      strangers: limiter('strangers', WRONG_TOKENS * env.rateLimitFailures, MINUTE_MS),
      // These are few, and each costs a statement anyway: counted exactly.
      'sign-in-failures': limiter('sign-in-failures', env.rateLimitFailures, QUARTER_MS, 1),
      'token-failures': limiter('token-failures', WRONG_TOKENS * env.rateLimitFailures, QUARTER_MS, 1),
      'sign-ups': limiter('sign-ups', env.rateLimitSignUpsPerHour, HOUR_MS, 1),
      resets: limiter('resets', env.rateLimitFailures, QUARTER_MS, 1),
      'sign-ins': limiter('sign-ins', SIGN_INS_PER_QUARTER, QUARTER_MS),
      moves: limiter('moves', MOVES_PER_HOUR, HOUR_MS, 1),
    };
  }

  /**
   * Counts a request of an account.
   * @throws AppError rate.account
   */
  async countForAccount(limit: AccountLimit, userId: string): Promise<void> {
    if (!this.isOn) return;
    const verdict = this.limiters[limit].take(userId);
    if (verdict === true || (await verdict)) return;
    throw this.refusal('rate.account', limit);
  }

  /**
   * Counts a request of an address. Does not wait for other servers: behind a database that hangs it would wait twice.
   * @throws AppError rate.address
   */
  countForAddress(address: string): void {
    if (this.isOn && this.limiters.address.take(callerOf(address)) === false)
      throw this.refusal('rate.address', 'address');
  }

  /** Counts a request that was refused for want of a good token. */
  countStranger(address: string): void {
    if (this.isOn) void this.limiters.strangers.take(callerOf(address));
  }

  /** Whether this address has sent so much without a good token that nothing more of the kind is looked at. */
  areStrangers(address: string): boolean {
    return this.isOn && this.limiters.strangers.isOver(callerOf(address));
  }

  strangersRefusal(): AppError {
    return this.refusal('rate.address', 'strangers');
  }

  /** @throws AppError rate.failures when too much has failed for this address lately. */
  checkFailures(limit: FailureLimit, address: string): void {
    if (this.isOn && this.limiters[limit].isOver(callerOf(address)))
      throw this.refusal('rate.failures', limit);
  }

  /** Does `work`; if it fails with a wrong guess, that is counted, for all servers, before the answer goes out. */
  async attempt<T>(limit: FailureLimit, address: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.isOn && error instanceof AppError && GUESSES[limit].includes(error.code))
        await this.limiters[limit].take(callerOf(address));
      throw error;
    }
  }

  /**
   * Counts a new account.
   * @throws AppError rate.address
   */
  countSignUp(address: string): Promise<void> {
    return this.count('sign-ups', callerOf(address), 'rate.address');
  }

  /**
   * Counts a forgotten password, whether or not there is such an account: each may be an e-mail to somebody else.
   * @throws AppError rate.address
   */
  countReset(address: string): Promise<void> {
    return this.count('resets', callerOf(address), 'rate.address');
  }

  /**
   * Counts a change of an account's e-mail address, the password being right, before it is tried.
   * @throws AppError rate.account
   */
  countMove(userId: string): Promise<void> {
    return this.count('moves', userId, 'rate.account');
  }

  /**
   * Counts a sign-in with the right password.
   * @throws AppError auth.too_many_attempts
   */
  countSignIn(userId: string): Promise<void> {
    return this.count('sign-ins', userId, 'auth.too_many_attempts');
  }

  /**
   * Before a password is looked at. The refusal is that for too many wrong ones: an address without an account can have it too.
   * @throws AppError auth.too_many_attempts when this account was signed in to too often lately
   */
  checkSignIns(userId: string): void {
    if (this.isOn && this.limiters['sign-ins'].isOver(userId))
      throw this.refusal('auth.too_many_attempts', 'sign-ins');
  }

  /** What phones may ask, for each account and minute; null: as often as they like. */
  perMinute(limit: AccountLimit): number | null {
    return this.isOn ? this.limiters[limit].limit.max : null;
  }

  private async count(limit: LimitName, caller: string, code: ErrorCode): Promise<void> {
    if (!this.isOn || (await this.limiters[limit].take(caller))) return;
    throw this.refusal(code, limit);
  }

  private refusal(code: ErrorCode, limit: LimitName): AppError {
    return new AppError(code, { retryAfterSeconds: this.limiters[limit].retryAfterSeconds() });
  }

  /** Once for each caller and window: what a flood writes down must not be a flood. */
  private readonly faults: Faults = {
    refused: (limit, caller) => this.log.warn(`limit reached: ${limit}, by ${this.nameOf(limit, caller)}`),
    notShared: (limit, error) =>
      this.log.warn(`counted by this process alone for a while: ${limit} (${String(error)})`),
  };

  /** An address is not written down: the line of the refused request has an id, which the proxy's log has too. */
  private nameOf(limit: string, caller: string): string {
    if (isAccountLimit(limit) || isSeldomLimit(limit)) return `account ${caller}`;
    return `address ${this.shared.keyOf('log', caller).toString('hex').slice(0, 12)}`;
  }
}
