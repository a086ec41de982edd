import { PASSWORD } from '../../../test/support/api.js';
import { MemoryTokens, StoreTokens, type TokenStore } from '../../src/api/tokens.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { Bench, codeOf, DAY_MS, errorOf } from './bench.js';
import { type Fault, json, lostAnswer, offline, page, problem, silence } from './network.js';

const REFRESH = '/api/auth/refresh';

describe('staying signed in', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  /** Signed in, with a token that the portal takes no more. */
  const expired = async (tokens?: TokenStore) => {
    const phone = await bench.signedIn(tokens === undefined ? {} : { tokens });
    bench.clock.advance(7 * DAY_MS);
    return phone;
  };

  it('renews the token once for twenty calls at the same time', async () => {
    const { api, network } = await expired();
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.me()));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(network.requests(REFRESH)).toHaveLength(1);
    expect(network.requests('/api/auth/me')).toHaveLength(20);
  });

  it('renews once for twenty calls that the portal refuses because the clock of the phone stands still', async () => {
    const now = bench.clock.now();
    const { api, network } = await bench.signedIn({ now: () => now });
    bench.clock.advance(7 * DAY_MS);
    await Promise.all(Array.from({ length: 20 }, () => api.me()));
    expect(network.requests(REFRESH)).toHaveLength(1);
    expect(network.requests('/api/auth/me')).toHaveLength(40);
  });

  it('renews within the last minute, and not before', async () => {
    const { api, network } = await bench.signedIn();
    bench.clock.advance(7 * DAY_MS - 60_001);
    await api.me();
    expect(network.requests(REFRESH)).toHaveLength(0);
    bench.clock.advance(1);
    await api.me();
    expect(network.requests(REFRESH)).toHaveLength(1);
    await api.me();
    expect(network.requests(REFRESH)).toHaveLength(1);
  });

  it.each([
    ['years behind', -20 * 365 * DAY_MS],
    ['years ahead', 20 * 365 * DAY_MS],
  ])('does not mind a clock that is %s', async (_, offset) => {
    const { api, network } = await bench.signedIn({ now: () => bench.clock.now() + offset });
    await api.me();
    expect(network.requests(REFRESH)).toHaveLength(0);
    bench.clock.advance(7 * DAY_MS - 1000);
    await api.me();
    expect(network.requests(REFRESH)).toHaveLength(1);
  });

  it('repeats a call once only', async () => {
    const { api, network } = await bench.signedIn();
    network.harm('/api/auth/me', problem(401, 'auth.token_invalid'), 2);
    expect(await codeOf(api.me())).toBe('auth.token_invalid');
    expect(network.requests('/api/auth/me')).toHaveLength(2);
    expect((await api.me()).id).toBeTruthy();
  });

  it('sends a repeated push whole', async () => {
    const { api, network } = await bench.signedIn({ gzipMinBytes: 1 });
    network.harm('/api/sync/push', problem(401, 'auth.token_expired'));
    bench.clock.advance(1000);
    await api.push({ deviceId: 'phone' });
    const [first, second] = network.requests('/api/sync/push');
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('authorization')).not.toBe(first.headers.get('authorization'));
  });

  it.each<[string, Fault, string]>([
    ['no network', offline, 'client.offline'],
    ['a lost answer', lostAnswer, 'client.offline'],
    ['silence', silence, 'client.timeout'],
    ['the page of a captive portal', page(200), 'client.bad_answer'],
    ['a redirect', page(302, { location: 'http://hotel.example/login' }), 'client.bad_answer'],
    ['a 401 that is a page', page(401), 'client.bad_answer'],
    ['a 401 of somebody else', json(401, { error: 'pay' }), 'client.bad_answer'],
    ['JSON of somebody else', json(200, { ok: true }), 'client.bad_answer'],
    ['a proxy without a server', page(502), 'client.bad_answer'],
    ['a fault of the server', problem(500, 'internal'), 'internal'],
    ['a busy server', problem(503, 'server.unavailable'), 'server.unavailable'],
    ['too many attempts', problem(429, 'auth.too_many_attempts'), 'auth.too_many_attempts'],
    ['a 401 of another kind', problem(401, 'proxy.unauthorized'), 'proxy.unauthorized'],
  ])('is not logged out by %s when it renews', async (_, fault, code) => {
    const { tokens, email } = await expired();
    const { api, network } = bench.phone({ tokens, timeoutMs: fault === silence ? 20 : 30_000 });
    network.harm(REFRESH, fault);
    expect(await codeOf(api.me())).toBe(code);
    expect(await tokens.read()).not.toBeNull();
    bench.clock.advance(3_600_000);
    expect((await bench.phone({ tokens }).api.me()).email).toBe(email);
  });

  it('survives a lost answer, an hour without network, and the end of the program', async () => {
    const store = new MemoryStore();
    const { network, api, email } = await expired(new StoreTokens(store));
    network.harm(REFRESH, lostAnswer);
    expect(await codeOf(api.me())).toBe('client.offline');
    network.harm(REFRESH, offline, 5);
    for (let i = 0; i < 5; i++) {
      bench.clock.advance(720_000);
      expect(await codeOf(api.me())).toBe('client.offline');
    }
    const restarted = bench.phone({ tokens: new StoreTokens(store) });
    expect((await restarted.api.me()).email).toBe(email);
    bench.clock.advance(7 * DAY_MS);
    expect((await restarted.api.me()).email).toBe(email);
  });

  it('saves its attempt before it sends it, and another one for the next renewal', async () => {
    const { api, network, tokens } = await expired();
    network.harm(REFRESH, async (send) => {
      const held = await tokens.read();
      const body = network.requests(REFRESH)[0].body as string;
      expect(JSON.parse(body)).toEqual({ refreshToken: held?.refreshToken, attempt: held?.attempt });
      expect(held?.attempt).toMatch(/^[\w-]{36}$/);
      return send();
    });
    await api.me();
    expect((await tokens.read())?.attempt).toBeNull();
    bench.clock.advance(7 * DAY_MS);
    await api.me();
    const attempts = network
      .requests(REFRESH)
      .map(({ body }) => (JSON.parse(body as string) as { attempt: string }).attempt);
    expect(new Set(attempts).size).toBe(2);
  });

  it('lets two processes renew at once, also when the answer to one is lost', async () => {
    for (const fault of [undefined, lostAnswer]) {
      const store = new MemoryStore();
      const one = await expired(new StoreTokens(store));
      const other = bench.phone({ tokens: new StoreTokens(store) });
      if (fault !== undefined) one.network.harm(REFRESH, fault);
      const outcomes = await Promise.allSettled([one.api.me(), other.api.me()]);
      expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
      for (let week = 0; week < 3; week++) {
        bench.clock.advance(7 * DAY_MS);
        for (const { api } of [one, other]) expect((await api.me()).email).toBe(one.email);
      }
    }
  });

  it('uses what another process has renewed already', async () => {
    const store = new MemoryStore();
    const one = await expired(new StoreTokens(store));
    const other = bench.phone({ tokens: new StoreTokens(store) });
    await one.api.me();
    await other.api.me();
    expect(other.network.requests(REFRESH)).toHaveLength(0);
  });

  it('is not logged out by the refusal of a token that another process has replaced', async () => {
    const { api, network, tokens, email } = await expired();
    const renewed = bench.phone({ tokens: new MemoryTokens(await tokens.read()) });
    network.harm(REFRESH, async () => {
      await renewed.api.me();
      await tokens.write(await renewed.tokens.read());
      return problem(401, 'auth.token_reused')(() => Promise.reject(new Error('not asked')));
    });
    expect((await api.me()).email).toBe(email);
  });

  it('works with a store of tokens that can only read and write', async () => {
    const plain = new MemoryTokens();
    expect('update' in plain).toBe(false);
    const { api, email } = await expired(plain);
    expect((await api.me()).email).toBe(email);
  });

  it('is logged out when the portal refuses the refresh token', async () => {
    const { api, tokens, email } = await expired();
    bench.clock.advance(90 * DAY_MS);
    const error = await errorOf(api.me());
    expect([error.code, error.retryable]).toEqual(['client.signed_out', false]);
    expect(error.cause).toMatchObject({ code: 'auth.refresh_token_invalid' });
    expect(await tokens.read()).toBeNull();
    expect(await codeOf(api.me())).toBe('client.signed_out');
    await api.logIn({ email, password: PASSWORD });
    expect((await api.me()).email).toBe(email);
  });

  it('is logged out when the sign-in was ended elsewhere', async () => {
    const phone = await bench.signedIn();
    const tablet = bench.phone();
    await tablet.api.logIn({ email: phone.email, password: PASSWORD });
    await tablet.api.changePassword({ currentPassword: PASSWORD, newPassword: `${PASSWORD} 2` });
    expect(await codeOf(phone.api.me())).toBe('client.signed_out');
    expect((await tablet.api.me()).email).toBe(phone.email);
  });

  it('lets one caller go without the renewal that others wait for', async () => {
    const { api, network } = await expired();
    const stop = new AbortController();
    network.harm(REFRESH, (send) => {
      stop.abort();
      return send();
    });
    const [gone, stayed] = await Promise.allSettled([api.me({ signal: stop.signal }), api.me()]);
    expect([gone.status, stayed.status]).toEqual(['rejected', 'fulfilled']);
    expect(network.requests(REFRESH)).toHaveLength(1);
  });

  it('logs out here and at the portal', async () => {
    const { api, tokens } = await bench.signedIn();
    const held = await tokens.read();
    await api.logOut();
    expect(await tokens.read()).toBeNull();
    const copy = bench.phone({ tokens: new MemoryTokens(held) });
    expect(await codeOf(copy.api.me())).toBe('client.signed_out');
    await api.logOut();
  });

  it('stays signed in when logging out does not reach the portal, unless told to forget', async () => {
    const { api, network, tokens } = await bench.signedIn();
    network.harm('/api/auth/logout', offline);
    expect(await codeOf(api.logOut())).toBe('client.offline');
    expect(await tokens.read()).not.toBeNull();
    await api.forgetTokens();
    expect(await codeOf(api.me())).toBe('client.signed_out');
  });
});
