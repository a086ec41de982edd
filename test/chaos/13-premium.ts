import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller, setSubscription } from './tools/people.js';

const HOUR_MS = 3_600_000;
const GRACE_HOURS = 2;

/** Changes a subscription below a running sign-in and asks at once, at two processes. */
export async function premiumNow(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const env = { PREMIUM_GRACE_HOURS: String(GRACE_HOURS) };
  const servers = [await scene.serve(home, env), await scene.serve(home, env)];
  const callers = servers.map(({ url }) => new Caller(scene, url));
  const checks = new Checks();
  const person = await callers[0].signUp();
  const now = Date.now();
  const states: readonly [
    what: string,
    status: 'premium' | 'free',
    expiresAt: number | null,
    allowed: boolean,
  ][] = [
    ['bought', 'premium', null, true],
    ['taken away', 'free', null, false],
    ['bought for a day', 'premium', now + 24 * HOUR_MS, true],
    ['expired beyond its grace', 'premium', now - (GRACE_HOURS + 1) * HOUR_MS, false],
    ['expired within its grace', 'premium', now - (GRACE_HOURS - 1) * HOUR_MS, true],
    ['refunded', 'free', now + 24 * HOUR_MS, false],
  ];
  const rounds = scene.full ? 100 : 5;
  for (let round = 0; round < rounds; round++)
    for (const [what, status, expiresAt, allowed] of states) {
      await setSubscription(home, person, status, expiresAt);
      for (const caller of callers)
        for (const path of ['/api/sync/push', '/api/sync/pull']) {
          const answer = await caller.post(path, { deviceId: 'phone', lastSync: 0 }, { token: person.token });
          checks.check(answer.status === (allowed ? 200 : 403), `${what}: ${path} ${answer.status}`);
        }
      const { status: open } = await callers[1].get('/api/sync/status', person.token);
      checks.check(open === 200, `${what}: status ${open}`);
    }
  return {
    promise: 'Premium is decided now, from the database, not from the token.',
    done: `${rounds * states.length} changes of a subscription (bought, taken away, expired, grace, refund) below one token at two processes`,
    figure: checks.figure('0 stale grants, 0 stale refusals'),
    held: checks.held,
  };
}
