import { randomUUID } from 'node:crypto';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { type Answer, Api, newEmail, outcomeOf, type Sending, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone } from '../support/phone.js';
import { AUTHORIZATION, eventOf, RevenueCat } from '../support/revenuecat.js';

const KEY = 'a-key-of-support-that-is-long-enough';
const ACCOUNTS = '/api/admin/accounts';
const YEAR_MS = 365 * 86_400_000;

/** Asks for an account that nobody has. */
const askAt = (url: string, headers: Record<string, string>): Promise<Answer> =>
  new Api(url).post(`${ACCOUNTS}/find`, { body: { email: newEmail() }, headers });

describe('support', () => {
  let app: TestApp;
  let api: Api;
  let store: RevenueCat;

  beforeAll(async () => {
    app = await startTestApp({
      env: { ADMIN_API_KEY: KEY, REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION },
    });
    api = new Api(app.url);
    store = new RevenueCat(app.url);
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    api.send(method, `${ACCOUNTS}${path}`, { body, headers: { 'x-admin-key': KEY, ...headers } });
  const find = (email: string) => call('POST', '/find', { email });
  const change = ({ user }: SignedUp, body: object) => call('PUT', `/${user.id}/subscription`, body);
  const pull = async ({ token }: SignedUp) =>
    (await api.post('/api/sync/pull', { token, body: { deviceId: 'phone' } })).status;
  const actionsOn = (accountId: string) =>
    app.owner.query<Record<string, unknown>>({
      text: 'select * from admin_actions where account_id = $1 order by id',
      values: [accountId],
    });

  it('finds an account by its address, and sees what it has, but nothing of what was trained', async () => {
    const maria = await api.signUp();
    await store.tell(eventOf(maria.user.id, 'INITIAL_PURCHASE', { expiration_at_ms: Date.now() + YEAR_MS }));
    const phone = new Phone(app.url, maria.token, 'phone');
    await phone.request('push', {
      badges: [{ clientId: 'b', badgeId: 'secret-badge', earnedAt: 1, createdAt: 1, updatedAt: 1 }],
    });
    const { status, body } = await find(` ${maria.email.toUpperCase()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: maria.user.id,
      email: maria.email,
      isPremium: true,
      subscriptionStatus: 'premium',
      subscriptions: [
        { store: 'APP_STORE', productId: 'com.phoenix.monthly', counts: true, lastEvent: 'INITIAL_PURCHASE' },
      ],
      devices: 1,
      lastSyncAt: expect.any(Number),
    });
    expect(JSON.stringify(body)).not.toContain('secret-badge');
    expect((await call('GET', `/${maria.user.id.toUpperCase()}`)).body).toEqual(body);
  });

  it('sees that an account is shut, or going to be deleted', async () => {
    const maria = await api.signUp();
    const seen = async () => {
      const { disabledAt, deletedAt, purgeAfterAt } = (await find(maria.email)).body;
      return [disabledAt, deletedAt, purgeAfterAt].map((at) => at !== null);
    };
    expect(await seen()).toEqual([false, false, false]);
    await app.app.get(AccountsService).disable(maria.user.id);
    expect(await seen()).toEqual([true, false, false]);
    await app.app.get(AccountsService).markDeleted(maria.user.id);
    expect(await seen()).toEqual([true, true, true]);
  });

  it('grants premium until a day, and ends it, with the next request', async () => {
    const maria = await api.signUp();
    const until = Date.now() + YEAR_MS;
    expect(await pull(maria)).toBe(403);
    const granted = await change(maria, { premium: true, until, reason: 'ticket 1' });
    expect(granted.body).toMatchObject({ isPremium: true, subscriptionExpiresAt: until });
    expect(await pull(maria)).toBe(200);
    const ended = await change(maria, { premium: false, reason: 'ticket 2' });
    expect(ended.body).toMatchObject({ isPremium: false, subscriptionStatus: 'free' });
    expect(await pull(maria)).toBe(403);
    const { events } = (await call('GET', `/${maria.user.id}/billing-events`)).body;
    expect(events).toMatchObject([
      { type: 'OPERATOR_GRANT', reason: 'ticket 1', expiresAt: until, isOwn: true },
      { type: 'OPERATOR_REVOKE', reason: 'ticket 2' },
    ]);
  });

  it('takes over what was bought under a name that is no account', async () => {
    const maria = await api.signUp();
    const name = `$RCAnonymousID:${randomUUID()}`;
    await store.tell(eventOf(name, 'NON_RENEWING_PURCHASE', { expiration_at_ms: null }));
    const adopt = (appUserId: string) =>
      call('POST', `/${maria.user.id}/subscription/adopt`, { appUserId, reason: 'bought before sign-up' });
    expect((await adopt('nobody-at-all')).body).toMatchObject({ adopted: 0, account: { isPremium: false } });
    expect((await adopt(name)).body).toMatchObject({ adopted: 1, account: { isPremium: true } });
    expect((await adopt(name)).body).toMatchObject({ adopted: 0, account: { isPremium: true } });
  });

  it('cannot take over what another account has bought', async () => {
    const [maria, joe] = [await api.signUp(), await api.signUp()];
    await store.tell(eventOf(maria.user.id, 'NON_RENEWING_PURCHASE', { expiration_at_ms: null }));
    const body = { appUserId: maria.user.id, reason: 'mistaken' };
    expect((await call('POST', `/${joe.user.id}/subscription/adopt`, body)).body.adopted).toBe(0);
    expect([await pull(maria), await pull(joe)]).toEqual([200, 403]);
  });

  it('works a subscription out again after the entitlements have changed', async () => {
    const maria = await api.signUp();
    await store.tell(
      eventOf(maria.user.id, 'NON_RENEWING_PURCHASE', { expiration_at_ms: null, entitlement_ids: ['coach'] }),
    );
    const other = await startTestApp({
      database: app.database,
      env: { ADMIN_API_KEY: KEY, REVENUECAT_ENTITLEMENTS: 'premium, coach' },
    });
    try {
      const path = `${ACCOUNTS}/${maria.user.id}/subscription/derive`;
      const sending: Sending = { body: {}, headers: { 'x-admin-key': KEY } };
      expect((await new Api(other.url).post(path, sending)).body.isPremium).toBe(true);
      expect((await api.post(path, sending)).body.isPremium).toBe(false);
    } finally {
      await other.close();
    }
  });

  it('writes down each use: what, on whom, why, who, and in which request', async () => {
    const maria = await api.signUp();
    const named = { 'x-admin-actor': 'Ines', 'x-request-id': 'support-request-1' };
    await call('POST', '/find', { email: maria.email }, named);
    await change(maria, { premium: true, reason: 'ticket 3' });
    await call('GET', `/${maria.user.id}/billing-events`);
    expect(await actionsOn(maria.user.id)).toMatchObject([
      { action: 'account.find', actor: 'Ines', request_id: 'support-request-1', address: '127.0.0.1' },
      { action: 'subscription.grant', actor: null, reason: 'ticket 3' },
      { action: 'billing.events' },
    ]);
    const missing = newEmail();
    expect(outcomeOf(await find(missing))).toEqual([404, 'account.unknown']);
    const searches = await app.owner.query({
      text: `select * from admin_actions where action = 'account.find' and account_id is null`,
    });
    expect(searches).toHaveLength(1);
    expect(JSON.stringify(searches)).not.toContain(missing);
  });

  it.each<[string, string, object | undefined]>([
    ['GET', '', undefined],
    ['GET', '/billing-events', undefined],
    ['PUT', '/subscription', { premium: true, reason: 'x' }],
    ['PUT', '/subscription', { premium: false, reason: 'x' }],
    ['POST', '/subscription/derive', {}],
    ['POST', '/subscription/adopt', { appUserId: 'x', reason: 'x' }],
  ])('is told by %s %s that there is no such account', async (method, path, body) => {
    for (const id of [randomUUID(), 'x', '%00'])
      expect(outcomeOf(await call(method, `/${id}${path}`, body))).toEqual([404, 'account.unknown']);
  });

  it.each([
    { premium: 'yes', reason: 'x' },
    { premium: true },
    { premium: true, reason: '' },
    { premium: true, reason: 'half \ud800' },
    { premium: true, reason: 'x'.repeat(201) },
    { premium: true, reason: 'x', until: 'soon' },
    { premium: true, reason: 'x', until: 9e15 },
    { premium: true, reason: 'x', until: 1.5 },
  ])('cannot change a subscription by %j', async (body) => {
    const maria = await api.signUp();
    expect(outcomeOf(await change(maria, body))).toEqual([400, 'request.invalid']);
    expect(await pull(maria)).toBe(403);
  });

  describe('the key', () => {
    it('may come as a bearer token', async () => {
      expect(outcomeOf(await askAt(app.url, { authorization: `Bearer ${KEY}` }))).toEqual([
        404,
        'account.unknown',
      ]);
    });

    it('is no other: not a part of it, not a token of an account', async () => {
      const { token } = await api.signUp();
      const refused = [401, 'admin.key_wrong'];
      for (const key of ['', 'x', KEY.slice(1), `${KEY}x`, KEY.toUpperCase(), token])
        expect(outcomeOf(await askAt(app.url, { 'x-admin-key': key }))).toEqual(refused);
      expect(outcomeOf(await askAt(app.url, { authorization: `Bearer ${token}` }))).toEqual(refused);
      expect(outcomeOf(await askAt(app.url, {}))).toEqual(refused);
    });

    it('opens nothing else', async () => {
      const answer = await api.get('/api/auth/me', { token: KEY });
      expect(outcomeOf(answer)).toEqual([401, 'auth.token_invalid']);
    });

    it('is not guessed at from all addresses of one IPv6 network in turn', async () => {
      const env = { ADMIN_API_KEY: KEY, RATE_LIMIT: 'on', TRUSTED_PROXIES: '127.0.0.1' };
      const limited = await startTestApp({ env });
      const guessFrom = (address: string) =>
        askAt(limited.url, { 'x-admin-key': 'a guess', 'x-forwarded-for': address });
      try {
        for (let i = 0; i < 19; i++) expect((await guessFrom(`2001:db8:1:2::${i + 1}`)).status).toBe(401);
        expect((await guessFrom('2001:db8:1:2:ffff::1')).status).toBe(429);
        expect((await guessFrom('2001:db8:1:3::1')).status).toBe(401);
      } finally {
        await limited.close();
      }
    });

    it('is not guessed at for long from one address', async () => {
      const limited = await startTestApp({ env: { ADMIN_API_KEY: KEY, RATE_LIMIT: 'on' } });
      try {
        const right = { 'x-admin-key': KEY };
        const many = await Promise.all(Array.from({ length: 30 }, () => askAt(limited.url, right)));
        expect(many.filter(({ status }) => status !== 404)).toEqual([]);
        for (let i = 0; i < 19; i++)
          expect((await askAt(limited.url, { 'x-admin-key': `guess ${i}` })).status).toBe(401);
        expect(outcomeOf(await askAt(limited.url, right))).toEqual([429, 'auth.too_many_attempts']);
      } finally {
        await limited.close();
      }
    });

    it('is none where it is not set: the addresses are as unknown as any', async () => {
      const bare = await startTestApp({ database: app.database });
      try {
        const nothing: Record<string, string>[] = [{}, { 'x-admin-key': '' }, { authorization: 'Bearer ' }];
        for (const headers of nothing)
          expect(outcomeOf(await askAt(bare.url, headers))).toEqual([404, 'route.not_found']);
      } finally {
        await bare.close();
      }
    });
  });
});
