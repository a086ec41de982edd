import { Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { readEnv } from '../config/env.js';
import { RateLimits } from './rate-limits.js';
import { SharedCounts } from './shared-counts.js';

class HeldClock extends Clock {
  override now = () => 1_795_000_040_000;
}

/** Every total is what was just added: one server. */
class OneServer extends SharedCounts {
  private readonly totals = new Map<string, number>();

  override add(key: Buffer, startedAt: number, count: number): Promise<number> {
    const name = `${key.toString('hex')} ${startedAt}`;
    this.totals.set(name, (this.totals.get(name) ?? 0) + count);
    return Promise.resolve(this.totals.get(name) ?? 0);
  }
}

function limitsOf(variables: Record<string, string> = {}) {
  const env = readEnv({ JWT_SECRET: 'x'.repeat(32), ...variables });
  const clock = new HeldClock();
  // It never asks the database.
  return new RateLimits(env, clock, new OneServer(env, clock, undefined as never));
}

describe('the limits as they are by default', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('let a phone with years of training begin anew within a minute', async () => {
    const limits = limitsOf();
    // 36,000 records by the hundred, there and back, and the samples of 500 sessions.
    for (let n = 0; n < 2 * 360; n++) await limits.countForAccount('sync', 'maria');
    for (let n = 0; n < 500; n++) await limits.countForAccount('uploads', 'maria');
    for (let n = 0; n < 2 * 360 + 500; n++) limits.countForAddress('203.0.113.7');
    expect(limits.perMinute('sync')).toBe(3000);
  });

  it('let a gym of 200 phones behind one address sync at closing time, while all of them poll', async () => {
    const limits = limitsOf();
    for (let phone = 0; phone < 200; phone++)
      for (let n = 0; n < 8 + 20 + 40; n++) {
        limits.countForAddress('203.0.113.7');
        await limits.countForAccount(n < 28 ? 'sync' : 'uploads', `phone ${phone}`);
      }
    for (let n = 0; n < 200; n++) await limits.countSignUp('203.0.113.7');
  });

  it('end a flood', async () => {
    const limits = limitsOf();
    const flood = async () => {
      for (let n = 0; n < 4000; n++) await limits.countForAccount('sync', 'maria');
    };
    await expect(flood()).rejects.toMatchObject({ code: 'rate.account', extras: { retryAfterSeconds: 40 } });
  });

  it('are none with RATE_LIMIT=off', async () => {
    const limits = limitsOf({ RATE_LIMIT: 'off', RATE_LIMIT_SYNC_PER_MINUTE: '1' });
    for (let n = 0; n < 10; n++) await limits.countForAccount('sync', 'maria');
    expect(limits.perMinute('sync')).toBeNull();
  });
});
