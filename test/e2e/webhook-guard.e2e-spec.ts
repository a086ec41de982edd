import { randomUUID } from 'node:crypto';
import { Api, holdClock, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { AUTHORIZATION, eventOf, RevenueCat, signatureOf, storeEvent } from '../support/revenuecat.js';

const SECRET = 'whsec_of_tests';
const PATH = '/api/billing/revenuecat';

const body = () => JSON.stringify({ event: eventOf(`$RCAnonymousID:${randomUUID()}`, 'RENEWAL') });

describe('the webhook', () => {
  let app: TestApp;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp({
      env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION, REVENUECAT_SIGNING_SECRET: SECRET },
    });
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  /** Sends exactly these bytes. */
  async function post(text: string, headers: Record<string, string>): Promise<[number, string]> {
    const all = { 'content-type': 'application/json', authorization: AUTHORIZATION, ...headers };
    const response = await fetch(`${app.url}${PATH}`, { method: 'POST', headers: all, body: text });
    const body = (await response.json()) as { code?: string; outcome?: string };
    return [response.status, body.code ?? body.outcome ?? ''];
  }
  const signed = (text: string, { secret = SECRET, at = clock.now() } = {}) =>
    post(text, { 'x-revenuecat-webhook-signature': signatureOf(text, secret, at) });

  it('takes what is authorised and signed, over the bytes as they came', async () => {
    expect(await signed(body())).toEqual([200, 'no_account']);
    expect(
      await signed(` ${body().replaceAll(',', ' ,\n ').replace('Anonymous', 'An\\u006fnymous')}`),
    ).toEqual([200, 'no_account']);
  });

  it('takes a signature while the secret is being exchanged', async () => {
    const text = body();
    const [old, own] = [signatureOf(text, 'old', clock.now()), signatureOf(text, SECRET, clock.now())];
    const header = `${old},${own.split(',')[1]}`;
    expect(await post(text, { 'x-revenuecat-webhook-signature': header })).toEqual([200, 'no_account']);
  });

  it.each([
    '',
    'Bearer wrong',
    AUTHORIZATION.slice(7),
    `${AUTHORIZATION} `.repeat(2),
    AUTHORIZATION.toUpperCase(),
  ])('refuses the authorization "%s"', async (authorization) => {
    const text = body();
    const headers = {
      authorization,
      'x-revenuecat-webhook-signature': signatureOf(text, SECRET, clock.now()),
    };
    expect(await post(text, headers)).toEqual([401, 'billing.authorization_wrong']);
  });

  it('refuses what is not signed, signed by somebody else, or signed for something else', async () => {
    const text = body();
    const refused = [401, 'billing.signature_wrong'];
    expect(await post(text, {})).toEqual(refused);
    for (const header of ['', 't=1', 'v1=00', 't=x,v1=00', `t=${Math.floor(clock.now() / 1000)},v1=00`])
      expect(await post(text, { 'x-revenuecat-webhook-signature': header })).toEqual(refused);
    expect(await signed(text, { secret: 'another' })).toEqual(refused);
    const other = signatureOf(body(), SECRET, clock.now());
    expect(await post(text, { 'x-revenuecat-webhook-signature': other })).toEqual(refused);
  });

  it('refuses a signature that is older than five minutes, or as far ahead', async () => {
    const [kept, refused] = [
      [200, 'no_account'],
      [401, 'billing.signature_wrong'],
    ];
    const now = Math.floor(clock.now() / 1000) * 1000;
    clock.advance(now - clock.now());
    for (const [ms, expected] of [
      [300_000, kept],
      [301_000, refused],
    ] as const) {
      expect(await signed(body(), { at: now - ms })).toEqual(expected);
      expect(await signed(body(), { at: now + ms })).toEqual(expected);
    }
  });

  it.each<[string, string, [number, string]]>([
    ['no JSON', 'event', [400, 'request.not_json']],
    ['nothing', '', [400, 'request.invalid']],
    ['no event', '{}', [400, 'request.invalid']],
    ['a list for an event', '{"event":[]}', [400, 'request.invalid']],
    ['an event without id', '{"event":{"type":"RENEWAL"}}', [400, 'request.invalid']],
    ['an event without type', '{"event":{"id":"1"}}', [400, 'request.invalid']],
    ['U+0000 in its id', '{"event":{"id":"a\\u0000","type":"RENEWAL"}}', [400, 'request.invalid']],
    ['half a character in its type', '{"event":{"id":"a","type":"\\ud800"}}', [400, 'request.invalid']],
    [
      'an end that is no moment',
      '{"event":{"id":"a","type":"NON_RENEWING_PURCHASE","expiration_at_ms":"soon"}}',
      [400, 'request.invalid'],
    ],
    [
      'an end that no date can say',
      '{"event":{"id":"a","type":"RENEWAL","expiration_at_ms":9e15}}',
      [400, 'request.invalid'],
    ],
    [
      'one of the operators’ own events',
      '{"event":{"id":"a","type":"OPERATOR_GRANT"}}',
      [400, 'request.invalid'],
    ],
    ['too much', `{"event":{"id":"${'x'.repeat(128 * 1024)}"}}`, [413, 'request.too_large']],
  ])('answers a body with %s as what it is', async (_, text, expected) => {
    expect(await signed(text)).toEqual(expected);
  });

  it('takes what is odd but harmless', async () => {
    const odd = {
      ...storeEvent('RENEWAL'),
      app_user_id: 17,
      aliases: { a: 1 },
      original_app_user_id: '\u0000',
      product_id: 'x'.repeat(9999),
      entitlement_ids: [null, 5, '\ud800', 'premium'],
      cancel_reason: {},
    };
    expect(await signed(JSON.stringify({ event: odd }))).toEqual([200, 'no_account']);
  });

  it('is no address at all where it is not set up', async () => {
    const bare = await startTestApp({ database: app.database });
    try {
      const known = await new RevenueCat(bare.url).send(storeEvent('RENEWAL'));
      const unknown = await new Api(bare.url).post('/api/billing/nothing', { body: {} });
      expect(outcomeOf(known)).toEqual([404, 'route.not_found']);
      expect({ ...known.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    } finally {
      await bare.close();
    }
  });

  it('writes down what testers bought and gives nothing for it, on a server for everybody', async () => {
    const production = await startTestApp({
      database: app.database,
      env: { NODE_ENV: 'production', REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION },
    });
    try {
      const [api, store] = [new Api(production.url), new RevenueCat(production.url)];
      const { user, token } = await api.signUp();
      const status = async () => (await api.get('/api/sync/status', { token })).body.subscriptionStatus;
      const purchase = { expiration_at_ms: Date.now() + 86_400_000 };
      const sandbox = eventOf(user.id, 'INITIAL_PURCHASE', { ...purchase, environment: 'SANDBOX' });
      expect([await store.tell(sandbox), await status()]).toEqual(['sandbox', 'free']);
      expect([await store.tell(eventOf(user.id, 'RENEWAL', purchase)), await status()]).toEqual([
        'recorded',
        'premium',
      ]);
    } finally {
      await production.close();
    }
  });
});
