import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const OTHER_PASSWORD = 'another horse, another battery';

describe('ending sign-ins', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
  });
  afterAll(() => app.close());

  const me = (token: string) => api.get('/api/auth/me', { token });
  const refresh = (refreshToken: string) => api.post('/api/auth/refresh', { body: { refreshToken } });

  const change = (token: string, body: object) => api.post('/api/auth/password', { token, body });

  /** One account, signed in on a phone and on a tablet. */
  async function twoDevices() {
    const { email, password, ...phone } = await api.signUp();
    const { body: tablet } = await api.post('/api/auth/login', { body: { email, password } });
    return { email, password, phone, tablet };
  }

  describe('log-out', () => {
    it('ends this sign-in at once and no other', async () => {
      const { phone, tablet } = await twoDevices();
      const answer = await api.post('/api/auth/logout', { token: phone.token });
      expect([answer.status, answer.body]).toEqual([200, { loggedOut: true }]);
      expect(outcomeOf(await me(phone.token))).toEqual([401, 'auth.token_revoked']);
      expect(outcomeOf(await refresh(phone.refreshToken))).toEqual([401, 'auth.token_revoked']);
      expect((await me(tablet.token)).status).toBe(200);
    });

    it('takes an empty body that calls itself JSON', async () => {
      const { token } = await api.signUp();
      const headers = { 'content-type': 'application/json' };
      expect((await api.post('/api/auth/logout', { token, headers })).status).toBe(200);
    });

    it('cannot be had twice with the same token', async () => {
      const { token } = await api.signUp();
      await api.post('/api/auth/logout', { token });
      expect(outcomeOf(await api.post('/api/auth/logout', { token }))).toEqual([401, 'auth.token_revoked']);
    });
  });

  describe('a change of the password', () => {
    it('ends every sign-in at once and answers with a new one', async () => {
      const { email, password, phone, tablet } = await twoDevices();
      const body = { currentPassword: password, newPassword: OTHER_PASSWORD };
      const answer = await change(phone.token, body);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ ...phone, token: expect.any(String), refreshToken: expect.any(String) });
      for (const { token, refreshToken } of [phone, tablet]) {
        expect(outcomeOf(await me(token))).toEqual([401, 'auth.token_revoked']);
        expect(outcomeOf(await refresh(refreshToken))).toEqual([401, 'auth.token_revoked']);
      }
      expect((await me(answer.body.token)).status).toBe(200);
      expect((await refresh(answer.body.refreshToken)).status).toBe(200);
      expect((await api.post('/api/auth/login', { body: { email, password } })).status).toBe(401);
      expect((await api.post('/api/auth/login', { body: { email, password: OTHER_PASSWORD } })).status).toBe(
        200,
      );
    });

    it('needs the current password', async () => {
      const { token } = await api.signUp();
      const answer = await change(token, { currentPassword: 'not this one', newPassword: OTHER_PASSWORD });
      expect(outcomeOf(answer)).toEqual([401, 'auth.credentials_wrong']);
      expect((await me(token)).status).toBe(200);
    });

    it('refuses a new one that is too short', async () => {
      const { token, password } = await api.signUp();
      expect(outcomeOf(await change(token, { currentPassword: password, newPassword: 'short' }))).toEqual([
        400,
        'request.invalid',
      ]);
      expect((await me(token)).status).toBe(200);
    });

    it('asked for twice at once happens once, and one sign-in is left', async () => {
      const { email, password, phone } = await twoDevices();
      const answers = await Promise.all(
        ['first new password', 'second new password'].map((newPassword) =>
          change(phone.token, { currentPassword: password, newPassword }),
        ),
      );
      // The later one finds the password changed, or, if it is that much later, its sign-in ended.
      const [refused] = answers.filter(({ status }) => status !== 200).map(outcomeOf);
      expect([
        [401, 'auth.credentials_wrong'],
        [401, 'auth.token_revoked'],
      ]).toContainEqual(refused);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
      const won = answers.findIndex(({ status }) => status === 200);
      expect((await me(answers[won]?.body.token)).status).toBe(200);
      const login = { email, password: won === 0 ? 'first new password' : 'second new password' };
      expect((await api.post('/api/auth/login', { body: login })).status).toBe(200);
    });

    it('leaves no sign-in behind that was begun with the old password meanwhile', async () => {
      const { email, password, phone } = await twoDevices();
      const [, ...logins] = await Promise.all([
        change(phone.token, { currentPassword: password, newPassword: OTHER_PASSWORD }),
        ...Array.from({ length: 5 }, () => api.post('/api/auth/login', { body: { email, password } })),
      ]);
      for (const { status, body } of logins)
        if (status === 200) expect(outcomeOf(await me(body.token))).toEqual([401, 'auth.token_revoked']);
        else expect(status).toBe(401);
    });
  });
});
