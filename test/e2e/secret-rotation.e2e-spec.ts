import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

describe('another JWT_SECRET', () => {
  let before: TestApp;
  let after: TestApp;
  beforeAll(async () => {
    before = await startTestApp();
    after = await startTestApp({
      database: before.database,
      env: { JWT_SECRET: 'another-secret-of-tests-that-is-long' },
    });
  });
  afterAll(async () => {
    await after.close();
    await before.close();
  });

  it('ends every access token; phones renew, and nobody has to type a password', async () => {
    const { token, refreshToken } = await new Api(before.url).signUp();
    const api = new Api(after.url);
    expect(await api.get('/api/auth/me', { token })).toMatchObject({
      status: 401,
      body: { code: 'auth.token_invalid' },
    });
    const { status, body } = await api.post('/api/auth/refresh', { body: { refreshToken } });
    expect(status).toBe(200);
    expect((await api.get('/api/auth/me', { token: body.token })).status).toBe(200);
    // A process that has not been restarted yet.
    expect((await new Api(before.url).get('/api/auth/me', { token: body.token })).status).toBe(401);
  });
});
