import { AccountsService } from '../../src/auth/accounts.service.js';
import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const NOBODY = '0193a4f2-6c1e-7b55-9d0a-3f3b2f6f1a11';

describe('an account that an operator has disabled', () => {
  let app: TestApp;
  let api: Api;
  let accounts: AccountsService;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
    accounts = app.app.get(AccountsService);
  });
  afterAll(() => app.close());

  it('is refused with its next request, whatever token it shows', async () => {
    const { token, refreshToken, user } = await api.signUp();
    expect(await accounts.disable(user.id)).toBe(true);
    expect(outcomeOf(await api.get('/api/auth/me', { token }))).toEqual([401, 'auth.token_revoked']);
    const refreshed = await api.post('/api/auth/refresh', { body: { refreshToken } });
    expect(outcomeOf(refreshed)).toEqual([401, 'auth.token_revoked']);
  });

  it('is told so at sign-in with the right password only', async () => {
    const { email, password, user } = await api.signUp();
    await accounts.disable(user.id);
    for (const way of ['login', 'undelete']) {
      const right = await api.post(`/api/auth/${way}`, { body: { email, password } });
      expect(outcomeOf(right)).toEqual([403, 'auth.account_disabled']);
      const wrong = await api.post(`/api/auth/${way}`, { body: { email, password: 'not this one' } });
      expect(outcomeOf(wrong)).toEqual([401, 'auth.credentials_wrong']);
    }
  });

  it('signs in again once it is enabled; what was signed in before stays out', async () => {
    const { email, password, token, user } = await api.signUp();
    await accounts.disable(user.id);
    expect((await accounts.find(email))?.disabledAt).not.toBeNull();
    expect(await accounts.enable(user.id)).toBe(true);
    expect((await accounts.find(email))?.disabledAt).toBeNull();
    expect((await api.get('/api/auth/me', { token })).status).toBe(401);
    const answer = await api.post('/api/auth/login', { body: { email, password } });
    expect([answer.status, answer.body.user?.id]).toEqual([200, user.id]);
  });

  it('can be neither entered by a sign-in that was under way, nor by a change of its password', async () => {
    const { email, password, token, user } = await api.signUp();
    const body = { currentPassword: password, newPassword: 'quite another one' };
    const answers = await Promise.all([
      ...Array.from({ length: 3 }, () => api.post('/api/auth/login', { body: { email, password } })),
      api.post('/api/auth/password', { token, body }),
      accounts.disable(user.id).then(() => ({ status: 0, body: { token } })),
    ]);
    for (const { body: answer } of answers)
      if (answer.token !== undefined)
        expect((await api.get('/api/auth/me', { token: answer.token })).status).toBe(401);
    await accounts.enable(user.id);
    for (const { body: answer } of answers)
      if (answer.token !== undefined)
        expect((await api.get('/api/auth/me', { token: answer.token })).status).toBe(401);
  });

  it('is not made of nobody', async () => {
    expect([
      await accounts.disable(NOBODY),
      await accounts.enable(NOBODY),
      await accounts.purge(NOBODY),
    ]).toEqual([false, false, false]);
    expect(await accounts.find('nobody@example.org')).toBeNull();
  });
});
