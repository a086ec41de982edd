import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import type { Sql } from '../database/sql.js';

const WINDOW_MS = 3_600_000;

/**
 * Counts one for each key. A window that began in the future (the clock was set back) is over, like one that began too
 * long ago. In the order of the keys, so that two who count the same ones never wait for each other. Removes some of what is
 * left of former windows.
 */
const COUNT = `
  with over as (
    delete from mail_counts where key_hash in (
      select key_hash from mail_counts
      where window_started_at <= $2::bigint - ${WINDOW_MS} and key_hash <> all($1::bytea[])
      limit 100 for update skip locked))
  insert into mail_counts as held (key_hash, sent, window_started_at)
  select key, 1, $2 from unnest($1::bytea[]) key order by key
  on conflict (key_hash) do update set
    sent = case when held.window_started_at between $2 - ${WINDOW_MS - 1} and $2 then held.sent + 1 else 1 end,
    window_started_at =
      case when held.window_started_at between $2 - ${WINDOW_MS - 1} and $2 then held.window_started_at else $2 end
  returning sent, window_started_at::float8 as window_started_at`;

/** Keeps mailboxes from being flooded; holds for all server processes together. */
@Injectable()
export class MailLimits {
  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts one more for each key.
   * @returns null if each has had at most `limit` in its hour, else the seconds until that is over.
   */
  async count(sql: Sql, keys: readonly string[], limit: number): Promise<number | null> {
    if (!this.env.rateLimit) return null;
    const now = this.clock.now();
    const counts = await sql.query<{ sent: number; window_started_at: number }>({
      name: 'mail.count',
      text: COUNT,
      values: [keys.map(hashOf), now],
    });
    const waits = counts
      .filter(({ sent }) => sent > limit)
      .map((count) => Math.ceil((count.window_started_at + WINDOW_MS - now) / 1000));
    return waits.length === 0 ? null : Math.max(...waits);
  }
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key, 'utf8').digest();
