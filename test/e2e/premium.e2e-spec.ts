import { SubscriptionService } from '../../src/auth/subscription.service.js';
import { Api, holdClock, outcomeOf, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('premium', () => {
  let app: TestApp;
  let api: Api;
  let subscriptions: SubscriptionService;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
    subscriptions = app.app.get(SubscriptionService);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  const sync = (what: 'push' | 'pull', { token }: SignedUp) =>
    api.post(`/api/sync/${what}`, { token, body: { deviceId: 'phone', lastSync: 0 } });
  const status = ({ token }: SignedUp) => api.get('/api/sync/status', { token });
  const isPremium = async ({ token }: SignedUp) => (await api.get('/api/auth/me', { token })).body.isPremium;

  it('is needed to push and to pull, and the refusal is one that phones show', async () => {
    const account = await api.signUp();
    for (const what of ['push', 'pull'] as const) {
      const refused = await sync(what, account);
      expect(outcomeOf(refused)).toEqual([403, 'premium.required']);
      expect(refused.body.error).toBe('Premium subscription required');
    }
  });

  it('is not needed to see the state of the subscription', async () => {
    const answer = await status(await api.signUp());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ subscriptionStatus: 'free', subscriptionExpiresAt: null });
  });

  it('opens sync with the next request, to tokens that were issued before', async () => {
    const account = await api.signUp();
    await subscriptions.grant(account.email, null);
    expect((await sync('push', account)).status).toBe(200);
    expect((await sync('pull', account)).status).toBe(200);
    expect((await status(account)).body).toMatchObject({
      subscriptionStatus: 'premium',
      subscriptionExpiresAt: null,
    });
  });

  it('closes sync with the next request when it is revoked', async () => {
    const account = await api.signUp();
    await subscriptions.grant(account.email, clock.now() + DAY_MS);
    expect((await sync('pull', account)).status).toBe(200);
    await subscriptions.revoke(account.email);
    expect(outcomeOf(await sync('pull', account))).toEqual([403, 'premium.required']);
  });

  it('goes on for 48 hours after its end, to the millisecond', async () => {
    const account = await api.signUp();
    const end = clock.now() + DAY_MS;
    await subscriptions.grant(account.email, end);
    clock.advance(DAY_MS + 48 * HOUR_MS - 1);
    expect((await sync('pull', account)).status).toBe(200);
    expect(await isPremium(account)).toBe(true);
    clock.advance(1);
    expect(outcomeOf(await sync('pull', account))).toEqual([403, 'premium.required']);
    expect(await isPremium(account)).toBe(false);
    expect(Date.parse((await status(account)).body.subscriptionExpiresAt)).toBe(end);
  });

  it('is said alike by log-in, refresh and profile', async () => {
    const account = await api.signUp();
    const said = async () => {
      const { email, password, token } = account;
      const loggedIn = await api.post('/api/auth/login', { body: { email, password } });
      const { refreshToken } = loggedIn.body;
      const refreshed = await api.post('/api/auth/refresh', { body: { refreshToken } });
      const profile = await api.get('/api/auth/me', { token });
      return [loggedIn.body.user.isPremium, refreshed.body.user.isPremium, profile.body.isPremium];
    };
    expect(await said()).toEqual([false, false, false]);
    await subscriptions.grant(account.email, clock.now() + DAY_MS);
    expect(await said()).toEqual([true, true, true]);
    clock.advance(3 * DAY_MS);
    expect(await said()).toEqual([false, false, false]);
  });

  it('grants are found however the address is written, and never for an unknown one', async () => {
    const account = await api.signUp();
    expect(await subscriptions.grant(` ${account.email.toUpperCase()}`, null)).not.toBeNull();
    expect(await isPremium(account)).toBe(true);
    expect(await subscriptions.grant('nobody@example.org', null)).toBeNull();
    expect(await subscriptions.revoke('nobody@example.org')).toBeNull();
  });

  it('is not had by any other word in the account', async () => {
    const account = await api.signUp();
    for (const word of ['PREMIUM', 'premium ', 'trial', ''])
      expect(subscriptions.isPremium({ subscriptionStatus: word, subscriptionExpiresAt: null })).toBe(false);
    expect(await isPremium(account)).toBe(false);
  });

  it('has the grace that PREMIUM_GRACE_HOURS says, none for 0', async () => {
    const strict = await startTestApp({ env: { PREMIUM_GRACE_HOURS: '0' }, database: app.database });
    try {
      const strictApi = new Api(strict.url);
      const strictClock = holdClock(strict.app, clock.now());
      const account = await strictApi.signUp();
      await subscriptions.grant(account.email, strictClock.now() + HOUR_MS);
      const pull = () =>
        strictApi.post('/api/sync/pull', { token: account.token, body: { deviceId: 'phone', lastSync: 0 } });
      strictClock.advance(HOUR_MS - 1);
      expect((await pull()).status).toBe(200);
      strictClock.advance(1);
      expect(outcomeOf(await pull())).toEqual([403, 'premium.required']);
    } finally {
      await strict.close();
    }
  });
});
