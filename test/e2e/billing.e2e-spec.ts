import { randomUUID } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { CreateBilling1795949097984 } from '../../src/database/migrations/1795949097984-create-billing.js';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { SubscriptionService } from '../../src/auth/subscription.service.js';
import { Api, holdClock, outcomeOf, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import {
  AUTHORIZATION,
  EVENT_TYPES,
  eventOf,
  RevenueCat,
  storeEvent,
  transferOf,
} from '../support/revenuecat.js';

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

describe('what RevenueCat says', () => {
  let app: TestApp;
  let api: Api;
  let store: RevenueCat;
  let database: Database;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp({
      env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION, ACCESS_TOKEN_DAYS: '90' },
    });
    api = new Api(app.url);
    store = new RevenueCat(app.url);
    database = app.app.get(Database);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  const push = async ({ token }: SignedUp) =>
    outcomeOf(await api.post('/api/sync/push', { token, body: { deviceId: 'phone' } }));
  const status = async ({ token }: SignedUp) => {
    const { body } = await api.get('/api/sync/status', { token });
    const { subscriptionStatus, subscriptionExpiresAt, isPremium } = body;
    const end = subscriptionExpiresAt === null ? null : Date.parse(subscriptionExpiresAt);
    return [subscriptionStatus, end, isPremium];
  };
  const rowsOf = (userId: string) =>
    app.owner.query({ text: 'select * from billing_events where user_id = $1', values: [userId] });

  /** A month from now on, unless the case says otherwise; told `after` ms from now. */
  const told = (type: string, { user }: SignedUp, changes: Record<string, unknown> = {}, after = 0) =>
    eventOf(user.id, type, {
      event_timestamp_ms: clock.now() + after,
      purchased_at_ms: clock.now(),
      expiration_at_ms: clock.now() + MONTH_MS,
      ...changes,
    });

  it('opens sync with the next request after a purchase, and a refund closes it with the next', async () => {
    const maria = await api.signUp();
    expect(await push(maria)).toEqual([403, 'premium.required']);
    expect(await store.tell(told('INITIAL_PURCHASE', maria))).toBe('recorded');
    expect((await push(maria))[0]).toBe(200);
    expect(await status(maria)).toEqual(['premium', clock.now() + MONTH_MS, true]);
    const refund = { cancel_reason: 'CUSTOMER_SUPPORT', expiration_at_ms: clock.now() };
    expect(await store.tell(told('CANCELLATION', maria, refund, 1))).toBe('recorded');
    expect(await push(maria)).toEqual([403, 'premium.required']);
    expect(await status(maria)).toEqual(['free', null, false]);
  });

  it('is a year in the life of a subscription', async () => {
    const maria = await api.signUp();
    const tell = (type: string, changes: Record<string, unknown> = {}) =>
      store.tell(told(type, maria, changes));
    const bought = clock.now();
    await tell('INITIAL_PURCHASE', { period_type: 'TRIAL', expiration_at_ms: bought + 7 * DAY_MS });
    expect(await status(maria)).toEqual(['premium', bought + 7 * DAY_MS, true]);
    clock.advance(7 * DAY_MS);
    await tell('RENEWAL', { is_trial_conversion: true });
    clock.advance(MONTH_MS);
    const last = clock.now();
    await tell('BILLING_ISSUE', {
      expiration_at_ms: last,
      grace_period_expiration_at_ms: last + 16 * DAY_MS,
    });
    await tell('CANCELLATION', { expiration_at_ms: last, cancel_reason: 'BILLING_ERROR' });
    expect(await status(maria)).toEqual(['premium', last + 16 * DAY_MS, true]);
    clock.advance(15 * DAY_MS);
    await tell('RENEWAL');
    const end = clock.now() + MONTH_MS;
    expect(await status(maria)).toEqual(['premium', end, true]);
    clock.advance(DAY_MS);
    await tell('CANCELLATION', {
      cancel_reason: 'UNSUBSCRIBE',
      expiration_at_ms: end,
      purchased_at_ms: end - MONTH_MS,
    });
    expect(await status(maria)).toEqual(['premium', end, true]);
    clock.advance(MONTH_MS);
    await tell('EXPIRATION', { expiration_at_ms: end, purchased_at_ms: end - MONTH_MS });
    // At once: the grace is for renewals that are late, not for what has ended.
    expect(await status(maria)).toEqual(['free', null, false]);
  });

  it.each(EVENT_TYPES)('may be %s, in the shape that is documented', async (type) => {
    const maria = await api.signUp();
    const event =
      type === 'TRANSFER'
        ? transferOf([`$RCAnonymousID:${randomUUID()}`], [maria.user.id])
        : storeEvent(type, { app_user_id: maria.user.id });
    expect(await store.tell(event)).toBe('recorded');
    expect(await rowsOf(maria.user.id)).toMatchObject([{ type, event_id: event.id }]);
  });

  it('may be of a type that does not exist yet, and is written down', async () => {
    const maria = await api.signUp();
    const event = { id: randomUUID(), type: 'SUBSCRIPTION_GIFTED', app_user_id: maria.user.id };
    expect(await store.tell(event)).toBe('recorded');
    expect(await rowsOf(maria.user.id)).toMatchObject([{ type: 'SUBSCRIPTION_GIFTED' }]);
    expect(await status(maria)).toEqual(['free', null, false]);
  });

  it('is taken once, however often it comes', async () => {
    const maria = await api.signUp();
    const bought = told('INITIAL_PURCHASE', maria);
    expect(await store.tell(bought)).toBe('recorded');
    await store.tell(told('EXPIRATION', maria, {}, 1));
    expect(await store.tell(bought)).toBe('duplicate');
    expect(await status(maria)).toEqual(['free', null, false]);
    expect(await rowsOf(maria.user.id)).toHaveLength(2);
  });

  it('is what was said last, not what arrived last', async () => {
    const maria = await api.signUp();
    const end = clock.now() + 2 * MONTH_MS;
    await store.tell(told('RENEWAL', maria, { expiration_at_ms: end }, 2000));
    await store.tell(told('INITIAL_PURCHASE', maria));
    expect(await status(maria)).toEqual(['premium', end, true]);
  });

  it('holds nothing of money and of people', async () => {
    const maria = await api.signUp();
    await store.tell(told('INITIAL_PURCHASE', maria));
    const stored = JSON.stringify(await rowsOf(maria.user.id));
    for (const secret of ['9.99', '11.49', 'EUR', 'maria@example.org', 'Maria', '"AT"'])
      expect([secret, stored.includes(secret)]).toEqual([secret, false]);
  });

  it('counts for the entitlements that the server names, for no other', async () => {
    const maria = await api.signUp();
    await store.tell(told('INITIAL_PURCHASE', maria, { entitlement_ids: ['coach'] }));
    await store.tell(
      told('NON_RENEWING_PURCHASE', maria, { entitlement_ids: null, original_transaction_id: '2' }),
    );
    expect(await status(maria)).toEqual(['free', null, false]);
    await store.tell(told('RENEWAL', maria, { entitlement_ids: ['coach', 'premium'] }, 1));
    expect(await status(maria)).toEqual(['premium', clock.now() + MONTH_MS, true]);
  });

  it('leaves an operator’s grant alone, and what another store has sold', async () => {
    const maria = await api.signUp();
    const subscriptions = app.app.get(SubscriptionService);
    await store.tell(told('INITIAL_PURCHASE', maria));
    await store.tell(
      told('INITIAL_PURCHASE', maria, { store: 'PLAY_STORE', expiration_at_ms: clock.now() + 2 * MONTH_MS }),
    );
    await subscriptions.grant(maria.email, clock.now() + 3 * MONTH_MS);
    const ends: unknown[] = [(await status(maria))[1]];
    await subscriptions.grant(maria.email, clock.now() + DAY_MS);
    ends.push((await status(maria))[1]);
    await store.tell(told('EXPIRATION', maria, { store: 'PLAY_STORE' }, 1000));
    ends.push((await status(maria))[1]);
    await store.tell(told('EXPIRATION', maria, {}, 1000));
    ends.push((await status(maria))[1]);
    expect(ends.map((end) => ((end as number) - clock.now()) / DAY_MS)).toEqual([90, 60, 30, 1]);
    await subscriptions.revoke(maria.email);
    expect(await status(maria)).toEqual(['free', null, false]);
  });

  it('begins anew when an operator has ended a subscription that is then renewed', async () => {
    const maria = await api.signUp();
    await store.tell(told('INITIAL_PURCHASE', maria));
    await app.app.get(SubscriptionService).revoke(maria.email);
    expect(await push(maria)).toEqual([403, 'premium.required']);
    await store.tell(told('RENEWAL', maria, {}, DAY_MS));
    expect((await push(maria))[0]).toBe(200);
  });

  describe('of whom', () => {
    it('is found by the names a customer had before, too', async () => {
      const maria = await api.signUp();
      const anonymous = `$RCAnonymousID:${randomUUID()}`;
      const names = { app_user_id: anonymous, original_app_user_id: anonymous };
      const aliases = [anonymous, maria.user.id.toUpperCase()];
      expect(await store.tell(told('INITIAL_PURCHASE', maria, { ...names, aliases }))).toBe('recorded');
      expect((await status(maria))[0]).toBe('premium');
    });

    it('is the one who was seen last, of two accounts that are one customer', async () => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      const aliases = [maria.user.id, joe.user.id];
      await store.tell(told('INITIAL_PURCHASE', joe, { aliases, original_app_user_id: maria.user.id }));
      expect([(await status(maria))[0], (await status(joe))[0]]).toEqual(['free', 'premium']);
    });

    it('may be nobody here: written down under no name, and nobody’s account is changed', async () => {
      const name = 'maria@example.org';
      const event = eventOf(name, 'INITIAL_PURCHASE');
      expect(await store.tell(event)).toBe('no_account');
      expect(await store.tell(event)).toBe('duplicate');
      const rows = await app.owner.query({
        text: 'select * from billing_events where event_id = $1',
        values: [event.id],
      });
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(name);
    });

    it('may be an account that is gone: no error, and nothing is kept', async () => {
      const maria = await api.signUp();
      await store.tell(told('INITIAL_PURCHASE', maria));
      await app.app.get(AccountsService).purge(maria.user.id);
      const anonymous = `$RCAnonymousID:${randomUUID()}`;
      const renewal = told('RENEWAL', maria, { aliases: [maria.user.id, anonymous] });
      expect(await store.tell(renewal)).toBe('account_unknown');
      const rows = { text: 'select 1 from billing_events where event_id = $1', values: [renewal.id] };
      expect(await app.owner.query(rows)).toEqual([]);
    });
  });

  it('counts for an account that can still be brought back', async () => {
    const maria = await api.signUp();
    const { email, password, user } = maria;
    await app.app.get(AccountsService).markDeleted(user.id);
    expect(await store.tell(told('INITIAL_PURCHASE', maria))).toBe('recorded');
    const back = await api.post('/api/auth/undelete', { body: { email, password } });
    expect(back.body.user).toMatchObject({ id: user.id, isPremium: true });
  });

  describe('a transfer', () => {
    it('takes from one account and gives to the other, at once', async () => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      await store.tell(told('INITIAL_PURCHASE', maria));
      const at = { event_timestamp_ms: clock.now() + 1 };
      expect(await store.tell(transferOf([maria.user.id], [joe.user.id], at))).toBe('recorded');
      expect(await push(maria)).toEqual([403, 'premium.required']);
      expect((await push(joe))[0]).toBe(200);
      await store.tell(told('RENEWAL', joe, { expiration_at_ms: clock.now() + 2 * MONTH_MS }, 2));
      expect(await status(joe)).toEqual(['premium', clock.now() + 2 * MONTH_MS, true]);
    });

    it('brings what was bought before the first sign-in, through a second installation too', async () => {
      const maria = await api.signUp();
      const [first, second] = [`$RCAnonymousID:${randomUUID()}`, `$RCAnonymousID:${randomUUID()}`];
      const bought = { event_timestamp_ms: clock.now(), expiration_at_ms: clock.now() + MONTH_MS };
      await store.tell(eventOf(first, 'INITIAL_PURCHASE', bought));
      const at = (ms: number) => ({ event_timestamp_ms: clock.now() + ms });
      expect(await store.tell(transferOf([first], [second], at(1)))).toBe('no_account');
      expect(await store.tell(transferOf([second], [maria.user.id], at(2)))).toBe('recorded');
      expect(await status(maria)).toEqual(['premium', clock.now() + MONTH_MS, true]);
    });

    it('is still good when the account it came from has been deleted', async () => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      await store.tell(told('INITIAL_PURCHASE', maria));
      await store.tell(transferOf([maria.user.id], [joe.user.id], { event_timestamp_ms: clock.now() + 1 }));
      await app.app.get(AccountsService).purge(maria.user.id);
      await store.tell(told('CANCELLATION', joe, { cancel_reason: 'UNSUBSCRIBE' }, 2));
      expect(await status(joe)).toEqual(['premium', clock.now() + MONTH_MS, true]);
    });

    it('to an account that is gone still takes', async () => {
      const maria = await api.signUp();
      await store.tell(told('INITIAL_PURCHASE', maria));
      const at = { event_timestamp_ms: clock.now() + 1 };
      expect(await store.tell(transferOf([maria.user.id], [randomUUID()], at))).toBe('recorded');
      expect(await status(maria)).toEqual(['free', null, false]);
    });

    it('is on its way while an event of the time before arrives', async () => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      await store.tell(transferOf([maria.user.id], [joe.user.id], { event_timestamp_ms: clock.now() + 1 }));
      expect(await status(joe)).toEqual(['free', null, false]);
      await store.tell(told('INITIAL_PURCHASE', maria));
      expect([(await status(maria))[0], (await status(joe))[0]]).toEqual(['free', 'premium']);
    });
  });

  it('does not take away what operators had granted before there was a ledger', async () => {
    const old = await startTestApp({ env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION } });
    try {
      const oldApi = new Api(old.url);
      const [maria, joe] = [await oldApi.signUp(), await oldApi.signUp()];
      const runner = {
        query: (text: string, values?: unknown[]) => old.owner.query({ text, values }),
      } as unknown as QueryRunner;
      const migration = new CreateBilling1795949097984();
      await migration.down(runner);
      await runner.query(`update users set subscription_status = 'premium' where id = $1`, [maria.user.id]);
      await migration.up(runner);
      const { username: server } = new URL(old.database.serverUrl);
      await runner.query(`grant select, insert on billing_events to ${server}`);
      const statusOf = async ({ token }: SignedUp) =>
        (await oldApi.get('/api/sync/status', { token })).body.subscriptionStatus;
      for (const { user } of [maria, joe]) await new RevenueCat(old.url).tell(eventOf(user.id, 'EXPIRATION'));
      expect([await statusOf(maria), await statusOf(joe)]).toEqual(['premium', 'free']);
    } finally {
      await old.close();
    }
  });

  it('waits for no push, and no push waits for it', async () => {
    const maria = await api.signUp();
    const { id } = maria.user;
    await app.app.get(SubscriptionService).grant(maria.email, null);
    const sql = database.of(id);
    const pushing = { text: 'select 1 from sync_clock where user_id = $1 for update', values: [id] };
    const during = await sql.transaction({ mode: 'write' }, async (tx) => {
      await tx.query(pushing);
      return store.tell(told('INITIAL_PURCHASE', maria));
    });
    expect(during).toBe('recorded');
    const billing = { text: 'select 1 from users where id = $1 for no key update', values: [id] };
    const pushed = await sql.transaction({ mode: 'write' }, async (tx) => {
      await tx.query(billing);
      return push(maria);
    });
    expect(pushed[0]).toBe(200);
  });
});
