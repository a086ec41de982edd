import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';

/** Twice the longest window: what began before is of no use to anybody. */
const KEPT_MS = 2 * 3_600_000;
/** Longer statements would hold the rows of all who are in them for longer. */
const COUNTS_MAX = 200;
const KEY_BYTES = 16;

/**
 * Adds to the counts of several callers and gives what all servers together have counted. In the order of the keys, so that
 * two servers never wait for each other. The same statement removes some of what is over; a window that begins far in the
 * future was made by a clock that has been set back since.
 */
const SETTLE = `
  with over as (
    delete from rate_windows where (key, window_started_at) in (
      select key, window_started_at from rate_windows
      where window_started_at < $4::bigint - ${KEPT_MS} or window_started_at > $4::bigint + ${KEPT_MS}
      limit 100 for update skip locked))
  insert into rate_windows as held (key, window_started_at, count)
  select key, window_started_at, count from unnest($1::bytea[], $2::bigint[], $3::int[])
    as added (key, window_started_at, count) order by key, window_started_at
  on conflict (key, window_started_at) do update set count = held.count + excluded.count
  returning key, window_started_at, count`;

interface Addition {
  key: Buffer;
  windowStartedAt: number;
  count: number;
  added: (total: number) => void;
  failed: (error: unknown) => void;
}

/**
 * The counts that all servers share. What is to be added in one moment is added by one statement, and while that is under
 * way the next gather.
 */
@Injectable()
export class SharedCounts {
  private readonly secret: Buffer;
  private waiting: Addition[] = [];
  private isUnderWay = false;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
  ) {
    this.secret = createHmac('sha256', env.jwtSecret).update('rate limits').digest();
  }

  /** Not the name itself: addresses are people's data. */
  keyOf(limit: string, caller: string): Buffer {
    return createHmac('sha256', this.secret).update(`${limit} ${caller}`).digest().subarray(0, KEY_BYTES);
  }

  /** The total of all servers, this addition included. */
  add(key: Buffer, windowStartedAt: number, count: number): Promise<number> {
    return new Promise((added, failed) => {
      this.waiting.push({ key, windowStartedAt, count, added, failed });
      if (!this.isUnderWay && this.waiting.length === 1) setImmediate(() => void this.send());
    });
  }

  private async send(): Promise<void> {
    this.isUnderWay = true;
    while (this.waiting.length > 0) {
      const additions = this.waiting.splice(0, COUNTS_MAX);
      try {
        await this.settle(additions);
      } catch (error) {
        for (const { failed } of additions) failed(error);
      }
    }
    this.isUnderWay = false;
  }

  private async settle(additions: readonly Addition[]): Promise<void> {
    // One row may not be touched twice by a statement: of the same key there is one sum, for all who asked.
    const sums = new Map<string, { key: Buffer; startedAt: number; count: number }>();
    for (const { key, windowStartedAt: startedAt, count } of additions) {
      const name = nameOf(key, startedAt);
      sums.set(name, { key, startedAt, count: count + (sums.get(name)?.count ?? 0) });
    }
    const rows = [...sums.values()];
    const settled = await this.database.query<{ key: Buffer; window_started_at: string; count: number }>({
      name: 'limits.settle',
      text: SETTLE,
      values: [
        rows.map(({ key }) => key),
        rows.map(({ startedAt }) => startedAt),
        rows.map(({ count }) => count),
        this.clock.now(),
      ],
    });
    const totals = new Map(settled.map((row) => [nameOf(row.key, row.window_started_at), row.count]));
    for (const { key, windowStartedAt, added } of additions)
      added(totals.get(nameOf(key, windowStartedAt)) ?? 0);
  }
}

const nameOf = (key: Buffer, startedAt: number | string): string => `${key.toString('base64')} ${startedAt}`;
