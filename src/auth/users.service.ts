import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { millisTransformer } from '../common/fields.js';
import { Database } from '../database/database.js';
import { normaliseEmail } from './email.js';
import type { User } from './user.entity.js';

/** The columns of `User`, under the names of its properties; what bigint holds comes as text. */
const SELECT_USER = `
  select id, email, display_name as "displayName", password_hash as "passwordHash",
    subscription_status as "subscriptionStatus", subscription_expires_at as "subscriptionExpiresAt",
    last_login_at as "lastLoginAt", created_at as "createdAt", updated_at as "updatedAt"
  from users where id = $1`;

const RENAME = `
  update users set display_name = coalesce($2, display_name), email = coalesce($3, email), updated_at = $4
  where id = $1`;

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
      createdAt: millis(row.createdAt),
      updatedAt: millis(row.updatedAt),
    });
  }

  /** Undefined keeps what is there. An address that another account has fails as a violation of its uniqueness. */
  async rename(id: string, { displayName, email }: { displayName?: string; email?: string }): Promise<void> {
    const values = [id, displayName ?? null, email ?? null, this.clock.now()];
    await this.database.of(id).query({ text: RENAME, values });
  }
}
