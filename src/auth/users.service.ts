import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { millisTransformer } from '../common/fields.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { normaliseEmail } from './email.js';
import type { User } from './user.entity.js';

/** The columns of `User`, under the names of its properties; what bigint holds comes as text. */
const SELECT_USER = `
  select id, email, display_name as "displayName", password_hash as "passwordHash",
    subscription_status as "subscriptionStatus", subscription_expires_at as "subscriptionExpiresAt",
    last_login_at as "lastLoginAt", email_confirmed_at as "emailConfirmedAt", disabled_at as "disabledAt",
    deleted_at as "deletedAt", purge_after_at as "purgeAfterAt", created_at as "createdAt", updated_at as "updatedAt"
  from users where id = $1`;

/**
 * Gives the address as it was before. Another one is not confirmed, and needs the account to be open and its password to be still
 * the one that was checked ($5): who is being kept out by a new password must not get in by a new address.
 */
const RENAME = `
  with before as (
    select id, email from users
    where id = $1 and ($3::varchar is null or password_hash = $5 and disabled_at is null and deleted_at is null)
    for no key update)
  update users u set
    display_name = coalesce($2, u.display_name),
    email = coalesce($3, u.email),
    email_confirmed_at = case when coalesce($3, u.email) = u.email then u.email_confirmed_at end,
    updated_at = $4
  from before where u.id = before.id returning before.email`;

/** Whom nobody is: asked for where an address is nobody's, so that both take the same way. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const millis = (value: unknown) => millisTransformer.from(value as string | null) as number;

/** Finds accounts. */
@Injectable()
export class UsersService {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** The account that has the address, however it is written. */
  async findId(email: string): Promise<string | null> {
    const address = normaliseEmail(email);
    // PostgreSQL refuses U+0000, which no account's address has.
    if (address.includes('\0')) return null;
    const [found] = await this.database.query<{ id: string }>({
      name: 'account-by-email',
      text: 'select account_by_email($1) as id',
      values: [address],
    });
    return found?.id ?? null;
  }

  async findByEmail(email: string): Promise<User | null> {
    return this.find((await this.findId(email)) ?? NOBODY);
  }

  async find(id: string): Promise<User | null> {
    const [row] = await this.database
      .of(id)
      .query<User>({ name: 'find-user', text: SELECT_USER, values: [id] });
    if (row === undefined) return null;
    return Object.assign(row, {
      subscriptionExpiresAt: millis(row.subscriptionExpiresAt),
      lastLoginAt: millis(row.lastLoginAt),
      emailConfirmedAt: millis(row.emailConfirmedAt),
      disabledAt: millis(row.disabledAt),
      deletedAt: millis(row.deletedAt),
      purgeAfterAt: millis(row.purgeAfterAt),
      createdAt: millis(row.createdAt),
      updatedAt: millis(row.updatedAt),
    });
  }

  /**
   * In a transaction of the account. Undefined keeps what is there. An address that another account has fails as a violation of
   * its uniqueness.
   * @param passwordHash what was checked; needed for another address.
   * @returns the address as it was before; null if the account is gone or, for another address, closed or under another password.
   */
  async rename(
    tx: Sql,
    id: string,
    { displayName, email, passwordHash }: { displayName?: string; email?: string; passwordHash?: string },
  ): Promise<{ email: string } | null> {
    const values = [id, displayName ?? null, email ?? null, this.clock.now(), passwordHash ?? null];
    const [before] = await tx.query<{ email: string }>({ text: RENAME, values });
    return before ?? null;
  }
}
