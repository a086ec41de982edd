import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import { LimitMeters } from '../monitoring/limit-meters.js';

/** Wrong passwords per address and window that are still looked at: the twentieth is refused unseen. */
const TRIES = 19;
const WINDOW_MS = 15 * 60_000;

/** Its name among the metrics. */
const LIMIT = 'passwords';

/**
 * Counts a try. A window that began in the future (the clock was set back) is over, like one that began too long ago.
 * The same statement removes some of what others left behind, so the table stays as small as the last window.
 */
const COUNT = `
  with over as (
    delete from login_attempts where email_hash in (
      select email_hash from login_attempts
      where window_started_at <= $2::bigint - ${WINDOW_MS} and email_hash <> $1
      limit 100 for update skip locked))
  insert into login_attempts as held (email_hash, tries, window_started_at) values ($1, 1, $2)
  on conflict (email_hash) do update set
    tries = case when held.window_started_at between $2 - ${WINDOW_MS - 1} and $2 then held.tries + 1 else 1 end,
    window_started_at =
      case when held.window_started_at between $2 - ${WINDOW_MS - 1} and $2 then held.window_started_at else $2 end
  returning tries, window_started_at`;

/**
 * Slows guessing, per e-mail address and nothing else: where a request says it comes from is the guesser's choice. An
 * address nobody registered is counted alike, so that the refusal tells nothing. Kept in PostgreSQL: it holds for all
 * servers together and across restarts.
 */
@Injectable()
export class LoginAttempts {
  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly meters: LimitMeters,
  ) {
    meters.expect(LIMIT);
  }

  /**
   * Counts a try before it is made: tries made at once cannot slip past the limit together.
   * @throws AppError auth.too_many_attempts
   */
  async count(email: string): Promise<void> {
    if (!this.env.rateLimit) return;
    const now = this.clock.now();
    const [window] = await this.database.query<Window>({
      name: 'auth.count-attempt',
      text: COUNT,
      values: [hashOf(email), now],
    });
    if (window.tries > TRIES) throw this.tooMany(window, now);
  }

  /**
   * For keys nobody could guess, where many who have the right one come at once and only wrong ones are counted.
   * @throws AppError auth.too_many_attempts where the next try would be refused
   */
  async assertNotSpent(name: string): Promise<void> {
    if (!this.env.rateLimit) return;
    const now = this.clock.now();
    const [window] = await this.database.query<Window>({
      name: 'auth.read-attempts',
      text: `select tries, window_started_at from login_attempts
        where email_hash = $1 and window_started_at between $2::bigint - ${WINDOW_MS - 1} and $2`,
      values: [hashOf(name), now],
    });
    if (window !== undefined && window.tries >= TRIES) throw this.tooMany(window, now);
  }

  /** The right password was given: what came before it no longer counts. */
  async forget(email: string): Promise<void> {
    if (!this.env.rateLimit) return;
    await this.database.query({
      name: 'auth.forget-attempts',
      text: 'delete from login_attempts where email_hash = $1',
      values: [hashOf(email)],
    });
  }

  private tooMany({ window_started_at: startedAt }: Window, now: number): AppError {
    this.meters.refused(LIMIT);
    const retryAfterSeconds = Math.ceil((Number(startedAt) + WINDOW_MS - now) / 1000);
    return new AppError('auth.too_many_attempts', { retryAfterSeconds });
  }
}

interface Window {
  tries: number;
  window_started_at: string;
}

const hashOf = (email: string): Buffer => createHash('sha256').update(email, 'utf8').digest();
