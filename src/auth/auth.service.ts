import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { assertOpen, assertRecoverable } from './account-state.js';
import { AccountMails } from './account-mails.service.js';
import { AccountsService, type Deleted } from './accounts.service.js';
import type { ChangePasswordDto, LoginDto, RefreshDto, SignedInDto, SignupDto } from './auth.dto.js';
import type { AuthUser } from './auth-user.js';
import { CredentialsService } from './credentials.service.js';
import { displayNameFor } from './email.js';
import { LinkTokens } from './link-tokens.service.js';
import { ProfilesService } from './profiles.service.js';
import { type TokenPair, TokensService } from './tokens.service.js';
import type { User } from './user.entity.js';

const INSERT_USER = `
  insert into users (id, email, display_name, password_hash, last_login_at, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5, $5) on conflict (email) do nothing returning id`;

/** A push locks this row and needs it to be there: sync-protocol.md §2. */
const INSERT_CLOCK = 'insert into sync_clock (user_id, clock) values ($1, 0)';

/**
 * These lock the account, and find it only if its password is still the one that was checked and it is open: a sign-in
 * with a password that is being changed would otherwise outlive the change.
 */
const STILL_OPEN =
  'id = $1 and password_hash = $2 and disabled_at is null and deleted_at is null returning id';
const LOG_IN = `update users set last_login_at = $3 where ${STILL_OPEN}`;
const SET_PASSWORD = `update users set password_hash = $4, updated_at = $3 where ${STILL_OPEN}`;
/** As signing in, for an account that may have been deleted and whose time has not come. */
const UNDELETE = `
  update users set deleted_at = null, purge_after_at = null, last_login_at = $3, updated_at = $3
  where id = $1 and password_hash = $2 and disabled_at is null and (deleted_at is null or purge_after_at > $3)
  returning id`;

/** The ways in and out of an account. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly credentials: CredentialsService,
    private readonly tokens: TokensService,
    private readonly profiles: ProfilesService,
    private readonly accounts: AccountsService,
    private readonly mails: AccountMails,
    private readonly links: LinkTokens,
  ) {}

  /**
   * @param from the address that the request came from
   * @throws AppError auth.email_taken, auth.password_common, rate.failures, rate.address
   */
  async signUp({ email, password, displayName }: SignupDto, from: string): Promise<SignedInDto> {
    const id = uuidv7();
    const passwordHash = await this.credentials.firstHash({ password, email, field: 'password' }, from);
    const values = [id, email, displayNameFor(email, displayName), passwordHash, this.clock.now()];
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      const made = await tx.query({ text: INSERT_USER, values });
      if (made.length === 0) throw new AppError('auth.email_taken');
      await tx.query({ text: INSERT_CLOCK, values: [id] });
      await this.mails.confirmation(tx, { id, email });
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
  }

  /**
   * @param from the address that the request came from
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts, auth.account_disabled, auth.account_deleted,
   * rate.failures
   */
  async logIn({ email, password }: LoginDto, from: string): Promise<SignedInDto> {
    const user = await this.credentials.check({ email, password, from });
    assertOpen(user, this.clock.now());
    return this.enter(user, LOG_IN);
  }

  /**
   * Takes the deletion of an account back and signs in; signs in to one that is not deleted, so that a lost answer costs
   * nothing. Never part of signing in: an app that keeps a password would undo what its owner has decided.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts, auth.account_disabled, rate.failures
   */
  async undelete({ email, password }: LoginDto, from: string): Promise<SignedInDto> {
    const user = await this.credentials.check({ email, password, from });
    assertRecoverable(user, this.clock.now());
    return this.enter(user, UNDELETE, async (tx) => {
      if (user.deletedAt !== null) await this.mails.restored(tx, user);
    });
  }

  /** @throws AppError auth.refresh_token_invalid, auth.token_revoked, auth.token_reused */
  async refresh({ refreshToken, attempt }: RefreshDto): Promise<SignedInDto> {
    const { userId, pair } = await this.tokens.rotate(refreshToken, attempt ?? null);
    return this.signedIn(userId, pair);
  }

  logOut({ id, sessionId }: AuthUser): Promise<void> {
    return this.tokens.revoke(this.database.of(id), { userId: id, sessionId });
  }

  /**
   * Ends every sign-in of the account, the caller's too, and opens a new one for the caller: whoever held a token of
   * any kind before is out.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts, auth.password_common
   */
  async changePassword(
    caller: AuthUser,
    { currentPassword, newPassword }: ChangePasswordDto,
  ): Promise<SignedInDto> {
    const { id, email, passwordHash } = await this.credentials.checkCaller(caller, currentPassword);
    const newHash = await this.credentials.newHash({ password: newPassword, email, field: 'newPassword' });
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await claim(tx, SET_PASSWORD, [id, passwordHash, this.clock.now(), newHash]);
      await this.tokens.revokeAll(tx, id);
      await this.links.voidAll(tx, id);
      await this.mails.passwordChanged(tx, { id, email });
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
  }

  /**
   * Ends every sign-in at once; the account and everything in it is deleted for good when its time has come.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts
   */
  async deleteAccount(caller: AuthUser, password: string): Promise<Deleted> {
    const user = await this.credentials.checkCaller(caller, password);
    const deleted = await this.accounts.deleteOwn(user);
    if (deleted === null) throw new AppError('auth.credentials_wrong');
    return deleted;
  }

  private async enter(
    { id, passwordHash }: User,
    how: string,
    tell?: (tx: Sql) => Promise<void>,
  ): Promise<SignedInDto> {
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await claim(tx, how, [id, passwordHash, this.clock.now()]);
      await tell?.(tx);
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
  }

  private async signedIn(userId: string, pair: TokenPair): Promise<SignedInDto> {
    const { id, email, displayName, isPremium } = await this.profiles.get(userId);
    return { ...pair, user: { id, email, displayName, isPremium } };
  }
}

async function claim(tx: Sql, text: string, values: unknown[]): Promise<void> {
  const claimed = await tx.query({ text, values });
  if (claimed.length === 0) throw new AppError('auth.credentials_wrong');
}
