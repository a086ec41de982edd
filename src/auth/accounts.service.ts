import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { Sql, Statement } from '../database/sql.js';
import { AccountDeletion, type PurgeOptions } from './account-deletion.service.js';
import { AccountMails } from './account-mails.service.js';
import { type SubscriptionRow, subscriptionOf } from './subscription.service.js';
import { TokensService } from './tokens.service.js';
import { UsersService } from './users.service.js';

const DAY_MS = 86_400_000;

/** An account as operators see it. Instants are epoch ms. */
export interface Account {
  id: string;
  email: string;
  displayName: string;
  createdAt: number;
  lastLoginAt: number | null;
  emailConfirmedAt: number | null;
  disabledAt: number | null;
  deletedAt: number | null;
  /** When it will be deleted for good; 0: that has begun. */
  purgeAfterAt: number | null;
  subscriptionStatus: string;
  subscriptionExpiresAt: number | null;
}

/** What happens to an account that was deleted. `purgeAt`: until then it can be brought back; null: it is gone already. */
export interface Deleted {
  purgeAt: number | null;
}

const READ = `
  select id, email, display_name, created_at::float8 as created_at, last_login_at::float8 as last_login_at,
    email_confirmed_at::float8 as email_confirmed_at, disabled_at::float8 as disabled_at,
    deleted_at::float8 as deleted_at, purge_after_at::float8 as purge_after_at,
    subscription_status, subscription_expires_at
  from users where id = $1`;

/** Disabling again keeps the time of the first. */
const DISABLE =
  'update users set disabled_at = coalesce(disabled_at, $2), updated_at = $2 where id = $1 returning email';
const ENABLE = 'update users set disabled_at = null, updated_at = $2 where id = $1 returning id';

/** $4: the password hash that was checked; null where an operator deletes. */
const MARK = `
  update users set deleted_at = $2, purge_after_at = $3, updated_at = $2
  where id = $1 and deleted_at is null and ($4::text is null or password_hash = $4) returning email`;

/** Shuts accounts and opens them again. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly tokens: TokensService,
    private readonly deletion: AccountDeletion,
    private readonly mails: AccountMails,
    private readonly users: UsersService,
  ) {}

  /** @returns null if no account has the address. */
  async find(email: string): Promise<Account | null> {
    const id = await this.users.findId(email);
    return id === null ? null : this.findById(id);
  }

  async findById(userId: string): Promise<Account | null> {
    const [row] = await this.database.of(userId).query<AccountRow>({ text: READ, values: [userId] });
    return row === undefined ? null : accountOf(row);
  }

  /**
   * Refuses every token of the account with its next request, and every sign-in, until it is enabled again; nothing is
   * deleted. @returns false if there is no such account.
   */
  disable(userId: string): Promise<boolean> {
    return this.close(userId, { text: DISABLE, values: [userId, this.clock.now()] });
  }

  /** Its devices have to sign in again. @returns false if there is no such account. */
  async enable(userId: string): Promise<boolean> {
    const values = [userId, this.clock.now()];
    return (await this.database.of(userId).query({ text: ENABLE, values })).length > 0;
  }

  /**
   * Deletes an account as its owner would: for good after ACCOUNT_DELETION_DAYS, until when it can be brought back. One
   * that is deleted already keeps its time. @returns null if there is no such account.
   */
  async markDeleted(userId: string): Promise<Deleted | null> {
    if (this.env.accountDeletionDays === 0)
      return (await this.deletion.purge(userId)) ? { purgeAt: null } : null;
    const purgeAt = await this.mark(userId, null);
    if (purgeAt !== null) return { purgeAt };
    const account = await this.findById(userId);
    return account === null ? null : { purgeAt: account.purgeAfterAt };
  }

  /** @returns null, with nothing done, if the account is gone, deleted, or has another password by now. */
  async deleteOwn(user: { id: string; passwordHash: string }): Promise<Deleted | null> {
    if (this.env.accountDeletionDays === 0)
      return (await this.deletion.purgeOwn(user)) ? { purgeAt: null } : null;
    const purgeAt = await this.mark(user.id, user.passwordHash);
    return purgeAt === null ? null : { purgeAt };
  }

  /** Deletes an account for good and at once, whatever state it is in. @returns false if there is none, or if it was interrupted. */
  purge(userId: string, options?: PurgeOptions): Promise<boolean> {
    return this.deletion.purge(userId, options);
  }

  /** Deletes for good every account whose time has come. @returns how many. */
  purgeDue(options?: PurgeOptions): Promise<number> {
    return this.deletion.purgeDue(options);
  }

  private async mark(userId: string, passwordHash: string | null): Promise<number | null> {
    const now = this.clock.now();
    const purgeAt = now + this.env.accountDeletionDays * DAY_MS;
    const statement = { text: MARK, values: [userId, now, purgeAt, passwordHash] };
    const done = await this.close(userId, statement, (tx, email) =>
      this.mails.deleted(tx, { id: userId, email }, purgeAt),
    );
    return done ? purgeAt : null;
  }

  /** The row is locked before the sign-ins are ended: one that is being made is ended too, or finds the account closed. */
  private close(
    userId: string,
    statement: Statement,
    tell?: (tx: Sql, email: string) => Promise<void>,
  ): Promise<boolean> {
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      const [closed] = await tx.query<{ email: string }>(statement);
      if (closed === undefined) return false;
      await this.tokens.revokeAll(tx, userId);
      await tell?.(tx, closed.email);
      return true;
    });
  }
}

interface AccountRow extends SubscriptionRow {
  id: string;
  email: string;
  display_name: string;
  created_at: number;
  last_login_at: number | null;
  email_confirmed_at: number | null;
  disabled_at: number | null;
  deleted_at: number | null;
  purge_after_at: number | null;
}

const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  email: row.email,
  displayName: row.display_name,
  createdAt: row.created_at,
  lastLoginAt: row.last_login_at,
  emailConfirmedAt: row.email_confirmed_at,
  disabledAt: row.disabled_at,
  deletedAt: row.deleted_at,
  purgeAfterAt: row.purge_after_at,
  ...subscriptionOf(row),
});
