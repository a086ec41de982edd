import { Database } from '../../src/database/database.js';
import { Api, holdClock, newEmail, outcomeOf, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, premiumAccount } from '../support/phone.js';

const MINUTE_MS = 60_000;
/** Far into a window of every length, so that no test crosses into the next by accident. */
const START = Date.UTC(2026, 10, 2, 12, 0, 10);

const LIMITS = {
  RATE_LIMIT: 'on',
  RATE_LIMIT_SYNC_PER_MINUTE: '40',
  RATE_LIMIT_UPLOADS_PER_MINUTE: '10',
  RATE_LIMIT_READS_PER_MINUTE: '20',
  RATE_LIMIT_ADDRESS_PER_MINUTE: '700',
  RATE_LIMIT_FAILURES: '30',
  RATE_LIMIT_SIGN_UPS_PER_HOUR: '500',
  TRUSTED_PROXIES: '127.0.0.1',
};

let phones = 0;
/** A network address nobody else in this file has. */
const newAddress = () => `203.0.${Math.floor(++phones / 250)}.${phones % 250}`;
const from = (address: string) => ({ 'x-forwarded-for': address });

/** How many requests are let through, one after the other, before the first is refused; at most `most`. */
async function passed(most: number, ask: (n: number) => ReturnType<Api['get']>): Promise<number> {
  for (let n = 0; n < most; n++) if ((await ask(n)).status === 429) return n;
  return most;
}

describe('limits on how often', () => {
  let app: TestApp;
  let other: TestApp;
  let api: Api;
  let clocks: ReturnType<typeof holdClock>[];

  beforeAll(async () => {
    app = await startTestApp({ env: LIMITS });
    other = await startTestApp({ env: LIMITS, database: app.database });
    api = new Api(app.url);
    clocks = [holdClock(app.app, START), holdClock(other.app, START)];
  });
  afterAll(async () => {
    await other.close();
    await app.close();
  });
  /** Every window begins anew. */
  afterEach(() => clocks.forEach((clock) => clock.advance(60 * MINUTE_MS)));

  const pull = (account: Account, server: TestApp = app, address = newAddress()) =>
    new Api(server.url).post('/api/sync/pull', {
      token: account.token,
      body: { deviceId: 'phone', lastSync: 0 },
      headers: from(address),
    });
  const logIn = (email: string, password: string, address: string, server: TestApp = app) =>
    new Api(server.url).post('/api/auth/login', { body: { email, password }, headers: from(address) });
  const renameTable = (from: string, to: string) =>
    app.owner.query({ text: `alter table ${from} rename to ${to}` });
  const guessFrom = (address: string) => logIn(newEmail(), 'a guess', address);

  describe('of an account', () => {
    it('refuse what is beyond them, until the minute is over, and say so', async () => {
      const account = await premiumAccount(app);
      expect(await passed(50, () => pull(account))).toBe(40);
      const refused = await pull(account);
      expect(outcomeOf(refused)).toEqual([429, 'rate.account']);
      expect(refused.headers.get('retry-after')).toBe('50');
      expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      clocks.forEach((clock) => clock.advance(50_000));
      expect((await pull(account)).status).toBe(200);
    });

    it('leave other accounts and other kinds of requests alone', async () => {
      const [greedy, modest] = [await premiumAccount(app), await premiumAccount(app)];
      const address = newAddress();
      expect(await passed(50, () => pull(greedy, app, address))).toBe(40);
      expect((await pull(modest, app, address)).status).toBe(200);
      const reads = await api.get('/api/routines', { token: greedy.token, headers: from(address) });
      expect(reads.status).toBe(200);
    });

    it.each([
      ['/api/sessions/x/metrics', 'uploads', 10],
      ['/api/routines', 'reads', 20],
    ])('count %s apart, as %s', async (path, kind, most) => {
      const { token } = await premiumAccount(app);
      const ask = () =>
        kind === 'uploads'
          ? api.post(path, { token, body: { deviceId: 'phone', samples: [{ timestamp: 1 }] } })
          : api.get(path, { token });
      expect(await passed(50, ask)).toBe(most);
    });

    it('hold for all servers together, but for what each counts by itself', async () => {
      const account = await premiumAccount(app);
      const through = await passed(120, (n) => pull(account, n % 2 === 0 ? app : other));
      // A tenth of the limit for each of two servers.
      expect(through).toBeGreaterThanOrEqual(40);
      expect(through).toBeLessThanOrEqual(48);
      for (const server of [app, other])
        expect(await passed(10, () => pull(account, server))).toBeLessThan(5);
    });

    it('hold for requests that come all at once', async () => {
      const account = await premiumAccount(app);
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, n) => pull(account, n % 2 === 0 ? app : other)),
      );
      const through = answers.filter(({ status }) => status === 200).length;
      expect(through).toBeGreaterThanOrEqual(40);
      expect(through).toBeLessThanOrEqual(48);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    });

    it('write nothing for what an ordinary phone asks', async () => {
      const account = await premiumAccount(app);
      const rows = () => app.app.get(Database).query({ text: 'select 1 from rate_windows' });
      const before = (await rows()).length;
      expect(await passed(3, () => pull(account))).toBe(3);
      expect(await rows()).toHaveLength(before);
    });

    it('do not outlast a clock that is set back', async () => {
      const account = await premiumAccount(app);
      expect(await passed(50, () => pull(account))).toBe(40);
      clocks.forEach((clock) => clock.advance(-10 * MINUTE_MS));
      expect((await pull(account)).status).toBe(200);
    });

    it('bound signing in with the right password, wherever it comes from, and no neighbour’s', async () => {
      const [busy, other] = [await api.signUp(), await api.signUp()];
      const address = newAddress();
      const again = ({ email, password }: typeof busy) => logIn(email, password, address);
      const through = await passed(140, () => again(busy));
      expect(through).toBe(120);
      expect(outcomeOf(await again(busy))).toEqual([429, 'auth.too_many_attempts']);
      expect((await again(other)).status).toBe(200);
      clocks.forEach((clock) => clock.advance(15 * MINUTE_MS));
      expect((await again(busy)).status).toBe(200);
    });

    it('bound trying out which addresses have an account by moving to them', async () => {
      const taken = await api.signUp();
      const { token, password } = await api.signUp();
      const body = { email: taken.email, currentPassword: password };
      const move = () => api.patch('/api/auth/me', { token, body });
      expect(await passed(20, move)).toBe(10);
      expect(outcomeOf(await move())).toEqual([429, 'rate.account']);
      expect((await api.patch('/api/auth/me', { token, body: { displayName: 'Joe' } })).status).toBe(200);
    });

    it('are told to phones', async () => {
      const { token } = await premiumAccount(app);
      expect((await api.get('/api/sync/limits', { token })).body).toMatchObject({
        syncRequestsPerMinute: 40,
        uploadsPerMinute: 10,
        readsPerMinute: 20,
      });
    });
  });

  describe('of an address', () => {
    it('slow guessing at many accounts, for all servers together, and count no success', async () => {
      const address = newAddress();
      const { email } = await api.signUp();
      for (let n = 0; n < 3; n++) expect((await logIn(email, PASSWORD, address)).status).toBe(200);
      const guess = (n: number) => logIn(newEmail(), 'a guess', address, n % 2 === 0 ? app : other);
      const through = await passed(60, guess);
      // The other server learns of it with its own next failure.
      expect(through).toBeGreaterThanOrEqual(30);
      expect(through).toBeLessThanOrEqual(31);
      const refused = await logIn(email, PASSWORD, address);
      expect(outcomeOf(refused)).toEqual([429, 'rate.failures']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await logIn(email, PASSWORD, newAddress())).status).toBe(200);
    });

    it('do not let guesses slip past that are tried all at once', async () => {
      const address = newAddress();
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => logIn(newEmail(), 'a guess', address)),
      );
      const through = answers.filter(({ status }) => status === 401).length;
      expect(through).toBeGreaterThanOrEqual(30);
      // Those whose outcome was still being counted when the next had its turn.
      expect(through).toBeLessThanOrEqual(35);
    });

    it('do not lock a gym out because one phone has a wrong password', async () => {
      const address = newAddress();
      const [forgetful, ...others] = [await api.signUp(), await api.signUp(), await api.signUp()];
      const first = await passed(60, () => logIn(forgetful.email, 'not it', address));
      expect(first).toBe(19);
      for (const { email, password } of others)
        expect((await logIn(email, password, address)).status).toBe(200);
    });

    it('slow asking at sign-up which addresses have an account', async () => {
      const address = newAddress();
      const { email } = await api.signUp();
      const ask = () =>
        api.post('/api/auth/signup', { body: { email, password: PASSWORD }, headers: from(address) });
      expect(await passed(60, ask)).toBe(30);
      expect(outcomeOf(await ask())).toEqual([429, 'rate.failures']);
    });

    it('slow asking for e-mails to whomever, whether or not they have an account', async () => {
      const address = newAddress();
      const known = (await api.signUp()).email;
      const ask = (email: string) =>
        api.post('/api/auth/password/forgot', { body: { email }, headers: from(address) });
      expect(await passed(60, (n) => ask(n === 0 ? known : newEmail()))).toBe(30);
      expect(outcomeOf(await ask(newEmail()))).toEqual([429, 'rate.address']);
      expect(outcomeOf(await ask(known))).toEqual([429, 'rate.address']);
    });

    it('take an IPv6 network for one caller', async () => {
      expect(await passed(60, (n) => guessFrom(`2001:db8:1:2::${n + 1}`))).toBe(30);
      expect((await guessFrom('2001:db8:1:2:ffff::1')).status).toBe(429);
      expect((await guessFrom('2001:db8:1:3::1')).status).toBe(401);
    });

    it('slow refreshing with tokens that are none, and let go on who is signed in', async () => {
      const address = newAddress();
      const account = await premiumAccount(app);
      const refresh = (refreshToken: string) =>
        api.post('/api/auth/refresh', { body: { refreshToken }, headers: from(address) });
      expect(await passed(400, () => refresh('none'))).toBe(300);
      expect(outcomeOf(await refresh('none'))).toEqual([429, 'rate.failures']);
      expect((await pull(account, app, address)).status).toBe(200);
    });

    it('stop looking at requests without a good token, but not at those of neighbours who have one', async () => {
      const address = newAddress();
      const account = await premiumAccount(app);
      const ask = (token: string) => api.get('/api/auth/me', { token, headers: from(address) });
      expect(await passed(400, () => ask('garbage'))).toBe(300);
      expect(outcomeOf(await ask(`${account.token}x`))).toEqual([429, 'rate.address']);
      expect((await ask(account.token)).status).toBe(200);
      expect((await api.post('/api/auth/login', { body: {}, headers: from(address) })).status).toBe(400);
    });

    it('hold for all its requests together, whatever they are', async () => {
      const address = newAddress();
      const account = await premiumAccount(app);
      const nowhere = () => api.get('/api/nowhere', { headers: from(address) });
      const burst = async () => {
        const answers = await Promise.all(Array.from({ length: 100 }, nowhere));
        return answers.filter(({ status }) => status === 429).length;
      };
      let refused = 0;
      for (let n = 0; n < 7; n++) refused += await burst();
      expect(refused).toBe(0);
      expect(await burst()).toBe(100);
      expect(outcomeOf(await pull(account, app, address))).toEqual([429, 'rate.address']);
      const health = await api.get('/health/live', { headers: from(address) });
      expect(health.status).toBe(200);
    });

    it('do not read the body of a stranger that is large', async () => {
      const body = { deviceId: 'x', filler: 'x'.repeat(20_000) };
      expect(outcomeOf(await api.post('/api/sync/push', { body }))).toEqual([401, 'auth.token_missing']);
      const forged = await api.post('/api/sync/push', { token: 'a.b.c', body });
      expect(outcomeOf(forged)).toEqual([401, 'auth.token_invalid']);
    });
  });

  it('never fail a request themselves: without their table each server counts alone', async () => {
    await renameTable('rate_windows', 'gone');
    try {
      const account = await premiumAccount(app);
      expect(await passed(50, () => pull(account))).toBe(40);
      const address = newAddress();
      expect(await passed(60, () => logIn(newEmail(), 'a guess', address))).toBe(30);
    } finally {
      await renameTable('gone', 'rate_windows');
    }
  });

  it('keep no address in the database, and nothing of what is long over', async () => {
    const address = newAddress();
    await logIn(newEmail(), 'a guess', address);
    clocks.forEach((clock) => clock.advance(24 * 60 * MINUTE_MS));
    await logIn(newEmail(), 'a guess', address);
    const rows = await app.app.get(Database).query<{ key: Buffer; window_started_at: string }>({
      text: 'select key, window_started_at from rate_windows',
    });
    expect(rows).toHaveLength(1);
    expect(rows[0].key.toString('latin1')).not.toContain(address);
    expect(rows[0].key).toHaveLength(16);
  });
});
