import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { AccountDeletion } from './account-deletion.service.js';
import type { ChangePasswordDto, LoginDto, RefreshDto, SignedInDto, SignupDto } from './auth.dto.js';
import type { AuthUser } from './auth-user.js';
import { CredentialsService } from './credentials.service.js';
import { displayNameFor } from './email.js';
import { ProfilesService } from './profiles.service.js';
import { type TokenPair, TokensService } from './tokens.service.js';

const INSERT_USER = `
  insert into users (id, email, display_name, password_hash, last_login_at, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $5, $5) on conflict (email) do nothing returning id`;

/** A push locks this row and needs it to be there: sync-protocol.md §2. */
const INSERT_CLOCK = 'insert into sync_clock (user_id, clock) values ($1, 0)';

/**
 * Both lock the account, and find it only if its password is still the one that was checked: a sign-in with a password
 * that is being changed would otherwise outlive the change.
 */
const LOG_IN = 'update users set last_login_at = $3 where id = $1 and password_hash = $2 returning id';
const SET_PASSWORD = `
  update users set password_hash = $4, updated_at = $3 where id = $1 and password_hash = $2 returning id`;

/** The ways in and out of an account. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly credentials: CredentialsService,
    private readonly tokens: TokensService,
    private readonly profiles: ProfilesService,
    private readonly deletion: AccountDeletion,
  ) {}

  /** @throws AppError auth.email_taken */
  async signUp({ email, password, displayName }: SignupDto): Promise<SignedInDto> {
    const id = uuidv7();
    const passwordHash = await this.credentials.newHash(password);
    const values = [id, email, displayNameFor(email, displayName), passwordHash, this.clock.now()];
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      const made = await tx.query({ text: INSERT_USER, values });
      if (made.length === 0) throw new AppError('auth.email_taken');
      await tx.query({ text: INSERT_CLOCK, values: [id] });
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
  }

  /** @throws AppError auth.credentials_wrong, auth.too_many_attempts */
  async logIn({ email, password }: LoginDto): Promise<SignedInDto> {
    const { id, passwordHash } = await this.credentials.check(email, password);
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await claim(tx, LOG_IN, [id, passwordHash, this.clock.now()]);
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
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
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts
   */
  async changePassword(
    caller: AuthUser,
    { currentPassword, newPassword }: ChangePasswordDto,
  ): Promise<SignedInDto> {
    const { id, passwordHash } = await this.credentials.checkCaller(caller, currentPassword);
    const newHash = await this.credentials.newHash(newPassword);
    const pair = await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await claim(tx, SET_PASSWORD, [id, passwordHash, this.clock.now(), newHash]);
      await this.tokens.revokeAll(tx, id);
      return this.tokens.openFamily(tx, id);
    });
    return this.signedIn(id, pair);
  }

  /**
   * Deletes the account and everything in it, at once and for good.
   * @throws AppError auth.credentials_wrong, auth.too_many_attempts
   */
  async deleteAccount(caller: AuthUser, password: string): Promise<void> {
    const user = await this.credentials.checkCaller(caller, password);
    if (!(await this.deletion.run(user))) throw new AppError('auth.credentials_wrong');
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
