import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import { UsersService } from './users.service.js';

/** What an account has paid for, as it stands in its row. */
export interface Subscription {
  subscriptionStatus: string;
  /** Epoch ms; null: without end. */
  subscriptionExpiresAt: number | null;
}

const PREMIUM = 'premium';
const FREE = 'free';
const HOUR_MS = 3_600_000;

/** The only place that answers "is this user premium now?", and the only one that changes the answer. */
@Injectable()
export class SubscriptionService {
  private readonly graceMs: number;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly users: UsersService,
  ) {
    this.graceMs = env.premiumGraceHours * HOUR_MS;
  }

  /** A subscription outlives its end by a grace period: a late renewal should not stop a phone from syncing. */
  isPremium({ subscriptionStatus, subscriptionExpiresAt }: Subscription): boolean {
    if (subscriptionStatus !== PREMIUM) return false;
    return subscriptionExpiresAt === null || this.clock.now() < subscriptionExpiresAt + this.graceMs;
  }

  /** @returns null if no account has the address. */
  grant(email: string, until: number | null): Promise<Subscription | null> {
    return this.set(email, { subscriptionStatus: PREMIUM, subscriptionExpiresAt: until });
  }

  /** Takes effect with the next request, without grace. @returns null if no account has the address. */
  revoke(email: string): Promise<Subscription | null> {
    return this.set(email, { subscriptionStatus: FREE, subscriptionExpiresAt: null });
  }

  /** @returns null if no account has the address. */
  async find(email: string): Promise<Subscription | null> {
    const id = await this.users.findId(email);
    if (id === null) return null;
    const [row] = await this.database.of(id).query<SubscriptionRow>({
      text: 'select subscription_status, subscription_expires_at from users where id = $1',
      values: [id],
    });
    return row === undefined ? null : subscriptionOf(row);
  }

  private async set(email: string, to: Subscription): Promise<Subscription | null> {
    const id = await this.users.findId(email);
    if (id === null) return null;
    const [row] = await this.database.of(id).query<SubscriptionRow>({
      text: `
        update users set subscription_status = $2, subscription_expires_at = $3, updated_at = $4
        where id = $1 returning subscription_status, subscription_expires_at`,
      values: [id, to.subscriptionStatus, to.subscriptionExpiresAt, this.clock.now()],
    });
    return row === undefined ? null : subscriptionOf(row);
  }
}

export interface SubscriptionRow {
  subscription_status: string;
  subscription_expires_at: string | null;
}

export const subscriptionOf = (row: SubscriptionRow): Subscription => ({
  subscriptionStatus: row.subscription_status,
  subscriptionExpiresAt: row.subscription_expires_at === null ? null : Number(row.subscription_expires_at),
});
