import { randomUUID } from 'node:crypto';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { strangerId } from '../../src/auth/subscription/holders.js';
import { SubscriptionService } from '../../src/auth/subscription.service.js';
import { Database } from '../../src/database/database.js';
import { Api, holdClock, outcomeOf, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { countsOf } from '../support/every-table.js';
import { AUTHORIZATION, eventOf, RevenueCat, transferOf } from '../support/revenuecat.js';

const MONTH_MS = 30 * 86_400_000;
const KEY = 'a-key-of-support-that-is-long-enough';

describe('an account that has been deleted', () => {
  let app: TestApp;
  let api: Api;
  let store: RevenueCat;
  let accounts: AccountsService;
  let subscriptions: SubscriptionService;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp({
      env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION, ADMIN_API_KEY: KEY },
    });
    api = new Api(app.url);
    store = new RevenueCat(app.url);
    accounts = app.app.get(AccountsService);
    subscriptions = app.app.get(SubscriptionService);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());
  afterEach(() => jest.restoreAllMocks());

  const signUp = (count: number) => Promise.all(Array.from({ length: count }, () => api.signUp()));
  const status = async ({ token }: SignedUp) => {
    const { body } = await api.get('/api/sync/status', { token });
    const { subscriptionStatus, subscriptionExpiresAt } = body;
    return [subscriptionStatus, subscriptionExpiresAt === null ? null : Date.parse(subscriptionExpiresAt)];
  };
  const at = (ms: number) => ({ event_timestamp_ms: clock.now() + ms });
  /** A month from now on, unless the case says otherwise; told `after` ms from now. */
  const told = (type: string, name: string, changes: Record<string, unknown> = {}, after = 0) =>
    store.tell(
      eventOf(name, type, {
        ...at(after),
        purchased_at_ms: clock.now(),
        expiration_at_ms: clock.now() + MONTH_MS,
        ...changes,
      }),
    );
  const adopt = (id: string, appUserId: string) =>
    api.post(`/api/admin/accounts/${id}/subscription/adopt`, {
      body: { appUserId, reason: 'bought before sign-up' },
      headers: { 'x-admin-key': KEY },
    });
  const ledgersNaming = (id: string) =>
    app.owner.query({
      text: 'select user_id from billing_events b where strpos(b::text, $1) > 0',
      values: [id],
    });

  /** Deletes an account after the next thing said about it was found to be about it, and before it is written down. */
  const purgeBeforeWriting = ({ user }: SignedUp) => {
    const record = subscriptions.record.bind(subscriptions);
    jest.spyOn(subscriptions, 'record').mockImplementationOnce(async (...said) => {
      expect(await accounts.purge(user.id)).toBe(true);
      return record(...said);
    });
  };

  it('is named nowhere, and what it passed on stays', async () => {
    const [maria, joe, anna] = await signUp(3);
    await told('INITIAL_PURCHASE', maria.user.id);
    await store.tell(transferOf([maria.user.id], [joe.user.id], at(1)));
    await store.tell(transferOf([joe.user.id], [anna.user.id], at(2)));
    for (const { user } of [joe, maria]) {
      expect(await ledgersNaming(user.id)).not.toEqual([]);
      await accounts.purge(user.id);
      expect(await ledgersNaming(user.id)).toEqual([]);
    }
    await told('CANCELLATION', anna.user.id, { cancel_reason: 'UNSUBSCRIBE' }, 3);
    expect(await status(anna)).toEqual(['premium', clock.now() + MONTH_MS]);
    await told('EXPIRATION', anna.user.id, { expiration_at_ms: clock.now() }, 4);
    expect(await status(anna)).toEqual(['free', null]);
  });

  it('is not named in the ledger of a stranger it has passed something on to', async () => {
    const maria = await api.signUp();
    const stranger = `$RCAnonymousID:${randomUUID()}`;
    await told('INITIAL_PURCHASE', maria.user.id);
    await store.tell(transferOf([maria.user.id], [stranger], at(1)));
    expect(await ledgersNaming(maria.user.id)).toContainEqual({ user_id: strangerId(stranger) });
    await accounts.purge(maria.user.id);
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
    clock.advance(2);
    const joe = await api.signUp();
    expect((await adopt(joe.user.id, stranger)).body).toMatchObject({ account: { isPremium: true } });
  });

  it('leaves what is said of it to another account of the same customer', async () => {
    const [maria, joe, anna] = await signUp(3);
    const names = { aliases: [joe.user.id] };
    purgeBeforeWriting(maria);
    expect(await told('INITIAL_PURCHASE', maria.user.id, names)).toBe('recorded');
    expect((await status(joe))[0]).toBe('premium');
    purgeBeforeWriting(joe);
    const passedOn = transferOf([maria.user.id], [joe.user.id, anna.user.id], at(1));
    expect(await store.tell(passedOn)).toBe('recorded');
    const owners = { text: 'select user_id from billing_events where event_id = $1', values: [passedOn.id] };
    expect(await app.owner.query(owners)).toEqual([{ user_id: anna.user.id }]);
  });

  it('is unknown to what is said of it alone while it is being deleted', async () => {
    const maria = await api.signUp();
    purgeBeforeWriting(maria);
    expect(await told('INITIAL_PURCHASE', maria.user.id)).toBe('account_unknown');
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
  });

  describe('while a transfer is on its way', () => {
    it('from it, is not named by the one who gets nothing any more', async () => {
      const [maria, joe] = await signUp(2);
      await told('INITIAL_PURCHASE', maria.user.id);
      purgeBeforeWriting(maria);
      expect(await store.tell(transferOf([maria.user.id], [joe.user.id], at(1)))).toBe('recorded');
      expect(await ledgersNaming(maria.user.id)).toEqual([]);
      expect(await status(joe)).toEqual(['free', null]);
    });

    it('to it, is not named by the one who has it no longer', async () => {
      const [maria, joe] = await signUp(2);
      await told('INITIAL_PURCHASE', joe.user.id);
      purgeBeforeWriting(maria);
      await store.tell(transferOf([joe.user.id], [maria.user.id], at(1)));
      expect(await ledgersNaming(maria.user.id)).toEqual([]);
      expect(await status(joe)).toEqual(['free', null]);
    });

    it('on to a third, is not named by that one', async () => {
      const [maria, joe, anna] = await signUp(3);
      await told('INITIAL_PURCHASE', maria.user.id);
      await store.tell(transferOf([maria.user.id], [joe.user.id], at(1)));
      purgeBeforeWriting(maria);
      expect(await store.tell(transferOf([joe.user.id], [anna.user.id], at(2)))).toBe('recorded');
      expect(await ledgersNaming(maria.user.id)).toEqual([]);
      expect((await status(anna))[0]).toBe('premium');
    });
  });

  it('is named nowhere, though its name went further while the deletion waited', async () => {
    const [maria, joe, anna] = await signUp(3);
    await told('INITIAL_PURCHASE', maria.user.id);
    await store.tell(transferOf([maria.user.id], [joe.user.id], at(1)));
    // Between the look at who names it, which sees Joe alone, and the transaction that declares him.
    const database = app.app.get(Database);
    const of = database.of.bind(database);
    const declarations: number[] = [];
    jest.spyOn(database, 'of').mockImplementation((ids) => {
      const sql = of(ids);
      if (typeof ids === 'string' || ids[0] !== maria.user.id) return sql;
      declarations.push(ids.length);
      if (declarations.length > 1) return sql;
      const transaction = sql.transaction.bind(sql);
      sql.transaction = async (options, work) => {
        await store.tell(transferOf([joe.user.id], [anna.user.id], at(2)));
        return transaction(options, work);
      };
      return sql;
    });
    expect(await accounts.purge(maria.user.id)).toBe(true);
    expect(declarations).toEqual([2, 3]);
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
    expect(await status(anna)).toEqual(['premium', clock.now() + MONTH_MS]);
  });

  it('passes on what is told of it late, wherever its deletion is interrupted', async () => {
    const [maria, joe] = await signUp(2);
    await told('INITIAL_PURCHASE', maria.user.id);
    await store.tell(transferOf([maria.user.id], [joe.user.id], at(1000)));
    let step = 1;
    for (; ; step++) {
      const stop = new AbortController();
      let left = step;
      const progress = () => {
        if (--left === 0) stop.abort();
      };
      if (await accounts.purge(maria.user.id, { progress, signal: stop.signal })) break;
      const end = clock.now() + MONTH_MS + step;
      expect(await told('RENEWAL', maria.user.id, { expiration_at_ms: end }, step)).toBe('recorded');
      expect(await status(joe)).toEqual(['premium', end]);
      expect(await ledgersNaming(maria.user.id)).toContainEqual({ user_id: joe.user.id });
    }
    expect(step).toBeGreaterThan(10);
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
    expect((await status(joe))[0]).toBe('premium');
    expect(await told('RENEWAL', maria.user.id)).toBe('account_unknown');
  });

  it('goes together with its name or not at all', async () => {
    const [maria, joe] = await signUp(2);
    await told('INITIAL_PURCHASE', maria.user.id);
    await store.tell(transferOf([maria.user.id], [joe.user.id], at(1)));
    const before = await app.owner.query({
      text: 'select * from billing_events where user_id = $1 order by event_id',
      values: [joe.user.id],
    });
    await app.owner.query({
      text: `create function stay() returns trigger language plpgsql as $$ begin raise 'it stays'; end $$`,
    });
    await app.owner.query({
      text: `create trigger stay before delete on users for each row
        when (old.id = '${maria.user.id}') execute function stay()`,
    });
    await expect(accounts.purge(maria.user.id)).rejects.toThrow('it stays');
    const after = await app.owner.query({
      text: 'select * from billing_events where user_id = $1 order by event_id',
      values: [joe.user.id],
    });
    expect(after).toEqual(before);
    await app.owner.query({ text: 'drop function stay cascade' });
    expect(await accounts.purgeDue()).toBe(1);
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
    expect(new Set(Object.values(await countsOf(app.owner, maria.user.id)))).toEqual(new Set([0]));
  });

  it('may go at the same time as all its neighbours of a chain of transfers', async () => {
    const chain = await signUp(6);
    await told('INITIAL_PURCHASE', chain[0].user.id);
    for (const [n, { user }] of chain.slice(1).entries())
      await store.tell(transferOf([chain[n].user.id], [user.id], at(n + 1)));
    const gone = chain.slice(0, -1);
    const last = chain[chain.length - 1];
    const renewals = [100, 200, 300].map((after) => told('RENEWAL', last.user.id, {}, after));
    await Promise.all([...gone.map(({ user }) => accounts.purge(user.id)), ...renewals]);
    for (const { user } of gone) expect(await ledgersNaming(user.id)).toEqual([]);
    expect((await status(last))[0]).toBe('premium');
  });

  it('is given nothing by an operator, and the purchase is there for the next', async () => {
    const [maria, joe] = await signUp(2);
    const stranger = `$RCAnonymousID:${randomUUID()}`;
    await told('NON_RENEWING_PURCHASE', stranger, { expiration_at_ms: null });
    purgeBeforeWriting(maria);
    const refused = [404, 'account.unknown'];
    expect(outcomeOf(await adopt(maria.user.id, stranger))).toEqual(refused);
    expect(outcomeOf(await adopt(maria.user.id, stranger))).toEqual(refused);
    expect(await ledgersNaming(maria.user.id)).toEqual([]);
    const given = await adopt(joe.user.id, stranger);
    expect(given.body).toMatchObject({ adopted: 1, account: { isPremium: true } });
  });
});
