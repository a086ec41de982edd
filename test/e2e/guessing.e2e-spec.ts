import { Api, holdClock, newEmail, outcomeOf, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const WINDOW_MS = 15 * 60_000;

describe('guessing passwords', () => {
  let app: TestApp;
  let api: Api;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp({ env: { RATE_LIMIT: 'on', RATE_LIMIT_FAILURES: '1000' } });
    api = new Api(app.url);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  let sender = 0;
  /** Each from another address, if one believes what requests say of themselves. */
  const logIn = (email: string, password: string) => {
    const address = `203.0.113.${++sender % 256}`;
    const headers = { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}` };
    return api.post('/api/auth/login', { body: { email, password }, headers });
  };

  async function guess(email: string, times: number) {
    for (let i = 0; i < times; i++)
      expect(outcomeOf(await logIn(email, `guess ${i}`))).toEqual([401, 'auth.credentials_wrong']);
  }

  it('is refused after ten wrong ones, wherever they seem to come from, and then for the right one too', async () => {
    const { email, password } = await api.signUp();
    await guess(email, 19);
    const refused = await logIn(email, password);
    expect(outcomeOf(refused)).toEqual([429, 'auth.too_many_attempts']);
    expect(refused.headers.get('retry-after')).toBe('900');
  });

  it('looks the same for an address without account', async () => {
    const [email, nobodys] = [(await api.signUp()).email, newEmail()];
    for (const address of [email, nobodys]) await guess(address, 19);
    const [known, unknown] = [await logIn(email, 'one more'), await logIn(nobodys, 'one more')];
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...known.body, requestId: '' });
    expect(unknown.headers.get('retry-after')).toBe(known.headers.get('retry-after'));
    expect(known.status).toBe(429);
  });

  it('is counted for the address, however it is written', async () => {
    const { email } = await api.signUp();
    await guess(email, 10);
    await guess(` ${email.toUpperCase()} `, 9);
    expect((await logIn(email, 'one more')).status).toBe(429);
  });

  it('does not get further by trying all at once', async () => {
    const { email } = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => logIn(email, `guess ${i}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(6);
  });

  it('never refuses those who know the password, however many of them come at once', async () => {
    const { email, password } = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 25 }, () => logIn(email, password)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('is forgotten once the right password was given', async () => {
    const { email, password } = await api.signUp();
    await guess(email, 9);
    expect((await logIn(email, password)).status).toBe(200);
    await guess(email, 19);
    expect((await logIn(email, password)).status).toBe(429);
  });

  it('is looked at again after a quarter of an hour, and Retry-After says so', async () => {
    const { email, password } = await api.signUp();
    await guess(email, 19);
    clock.advance(WINDOW_MS - 1500);
    const refused = await logIn(email, password);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    clock.advance(1500);
    expect((await logIn(email, password)).status).toBe(200);
  });

  it('does not shut an account for longer because the server’s clock was set back', async () => {
    const { email, password } = await api.signUp();
    await guess(email, 19);
    clock.advance(-365 * 86_400_000);
    expect((await logIn(email, password)).status).toBe(200);
    clock.advance(365 * 86_400_000);
  });

  it('does not shut out who is signed in, nor another account', async () => {
    const [maria, joe] = [await api.signUp(), await api.signUp()];
    await guess(maria.email, 19);
    expect((await api.get('/api/auth/me', { token: maria.token })).status).toBe(200);
    expect((await logIn(joe.email, joe.password)).status).toBe(200);
  });

  it.each<[string, (token: string, password: string) => ReturnType<Api['post']>]>([
    [
      'a change of the password',
      (token, currentPassword) =>
        api.post('/api/auth/password', {
          token,
          body: { currentPassword, newPassword: 'quite another one' },
        }),
    ],
    [
      'a change of the address',
      (token, currentPassword) =>
        api.patch('/api/auth/me', { token, body: { email: newEmail(), currentPassword } }),
    ],
    [
      'deletion of the account',
      (token, password) => api.delete('/api/auth/me', { token, body: { password } }),
    ],
  ])('is refused alike at %s, where a stolen token may try', async (_, attempt) => {
    const { token, password } = await api.signUp();
    for (let i = 0; i < 19; i++)
      expect(outcomeOf(await attempt(token, `guess ${i}`))).toEqual([401, 'auth.credentials_wrong']);
    expect(outcomeOf(await attempt(token, password))).toEqual([429, 'auth.too_many_attempts']);
  });

  it('leaves nothing in the table beyond its window', async () => {
    await guess(newEmail(), 1);
    clock.advance(WINDOW_MS + 1);
    await guess(newEmail(), 1);
    expect(await app.owner.query({ text: 'select 1 from login_attempts' })).toHaveLength(1);
  });

  it('is not slowed with RATE_LIMIT=off', async () => {
    const open = await startTestApp({ env: { RATE_LIMIT: 'off' } });
    try {
      const openApi = new Api(open.url);
      const { email } = await openApi.signUp();
      for (let i = 0; i < 21; i++) {
        const body = { email, password: i === 20 ? PASSWORD : `guess ${i}` };
        expect((await openApi.post('/api/auth/login', { body })).status).toBe(i === 20 ? 200 : 401);
      }
    } finally {
      await open.close();
    }
  });
});
