import type { Owner } from '../support/owner.js';
import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { countsOf, fillEveryTable } from '../support/every-table.js';
import { Phone } from '../support/phone.js';

const badge = (id: number) => ({
  clientId: `badge-${id}`,
  badgeId: `badge-${id}`,
  earnedAt: id,
  createdAt: 1,
  updatedAt: 1,
});

describe('deletion of an account without a way back', () => {
  let app: TestApp;
  let api: Api;
  let database: Owner;

  beforeAll(async () => {
    app = await startTestApp({ env: { ACCOUNT_DELETION_DAYS: '0' } });
    api = new Api(app.url);
    database = app.owner;
  });
  afterAll(() => app.close());

  it('removes every row of the account from every table, and none of another’s', async () => {
    const [maria, joe] = [await api.signUp(), await api.signUp()];
    for (const { user } of [maria, joe]) await fillEveryTable(database, user.id);
    const before = await countsOf(database, joe.user.id);
    expect(Object.values(before)).not.toContain(0);
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(['auth_sessions', 'refresh_tokens', 'sync_clock']),
    );

    const answer = await api.delete('/api/auth/me', {
      token: maria.token,
      body: { password: maria.password },
    });
    expect([answer.status, answer.body]).toEqual([200, { deleted: true }]);
    expect(new Set(Object.values(await countsOf(database, maria.user.id)))).toEqual(new Set([0]));
    expect(await countsOf(database, joe.user.id)).toEqual(before);
  });

  it('takes effect at once and leaves the address free', async () => {
    const { email, password, token, refreshToken, user } = await api.signUp();
    await api.delete('/api/auth/me', { token, body: { password } });
    expect(outcomeOf(await api.get('/api/auth/me', { token }))).toEqual([401, 'auth.token_revoked']);
    const refreshed = await api.post('/api/auth/refresh', { body: { refreshToken } });
    expect(outcomeOf(refreshed)).toEqual([401, 'auth.refresh_token_invalid']);
    const loggedIn = await api.post('/api/auth/login', { body: { email, password } });
    expect(outcomeOf(loggedIn)).toEqual([401, 'auth.credentials_wrong']);
    expect((await api.signUp({ email })).user.id).not.toBe(user.id);
  });

  it('needs the password', async () => {
    const { token } = await api.signUp();
    const wrong = await api.delete('/api/auth/me', { token, body: { password: 'not this one' } });
    expect(outcomeOf(wrong)).toEqual([401, 'auth.credentials_wrong']);
    expect(outcomeOf(await api.delete('/api/auth/me', { token }))).toEqual([400, 'request.invalid']);
    expect((await api.get('/api/auth/me', { token })).status).toBe(200);
  });

  it('happens once when it is asked for twice at once', async () => {
    const { token, password } = await api.signUp();
    const ask = () => api.delete('/api/auth/me', { token, body: { password } });
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  it('waits for a push that has begun and leaves nothing to one that waited', async () => {
    const { token, password, user } = await api.signUp();
    await database.query({
      text: "update users set subscription_status = 'premium' where id = $1",
      values: [user.id],
    });
    const phone = new Phone(app.url, token, 'phone');
    const pushes = Array.from({ length: 10 }, (_, i) => phone.send('/api/sync/push', { badges: [badge(i)] }));
    const [deleted, ...pushed] = await Promise.all([
      api.delete('/api/auth/me', { token, body: { password } }),
      ...pushes,
    ]);
    expect(deleted.status).toBe(200);
    for (const { status } of pushed) expect([200, 401]).toContain(status);
    expect(new Set(Object.values(await countsOf(database, user.id)))).toEqual(new Set([0]));
  });

  it('keeps the account of who signs in meanwhile as gone as any other', async () => {
    const { email, token, password, user } = await api.signUp();
    const [, ...logins] = await Promise.all([
      api.delete('/api/auth/me', { token, body: { password } }),
      ...Array.from({ length: 4 }, () => api.post('/api/auth/login', { body: { email, password } })),
    ]);
    for (const { status, body } of logins)
      if (status === 200) expect((await api.get('/api/auth/me', { token: body.token })).status).toBe(401);
    expect(new Set(Object.values(await countsOf(database, user.id)))).toEqual(new Set([0]));
  });
});
