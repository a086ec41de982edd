import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

describe('authentication without its database', () => {
  let database: TestDatabase;
  let cable: Cable;
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    database = await cloneDatabase();
    cable = await Cable.to(database.serverUrl);
    app = await startTestApp({ database: { ...database, serverUrl: cable.url } });
    api = new Api(app.url);
  });
  afterEach(() => cable.plug());
  afterAll(async () => {
    await app.close();
    cable.close();
    await database.drop();
  });

  it('answers 503 with Retry-After, never 401, and works again by itself', async () => {
    const { email, password, token, refreshToken } = await api.signUp();
    cable.pull();
    const attempts = [
      () => api.get('/api/auth/me', { token }),
      () => api.post('/api/auth/login', { body: { email, password } }),
      () => api.post('/api/auth/signup', { body: { email, password } }),
      () => api.post('/api/auth/refresh', { body: { refreshToken } }),
      () => api.post('/api/auth/logout', { token }),
    ];
    for (const attempt of attempts) {
      const answer = await attempt();
      expect(outcomeOf(answer)).toEqual([503, 'server.unavailable']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    cable.plug();
    expect((await api.get('/api/auth/me', { token })).status).toBe(200);
    expect((await api.post('/api/auth/refresh', { body: { refreshToken } })).status).toBe(200);
  });

  it('still tells a forged token from a good one', async () => {
    cable.pull();
    expect(outcomeOf(await api.get('/api/auth/me', { token: 'forged' }))).toEqual([
      401,
      'auth.token_invalid',
    ]);
  });
});

const statusOfMe = async ({ url }: TestApp, token: string) =>
  (await new Api(url).get('/api/auth/me', { token })).status;

describe('two servers in one process', () => {
  it('on two databases know their own accounts only, whatever passport keeps for both', async () => {
    const [here, there] = [await startTestApp(), await startTestApp()];
    try {
      const { token } = await new Api(here.url).signUp();
      const { token: other } = await new Api(there.url).signUp();
      expect([await statusOfMe(here, token), await statusOfMe(here, other)]).toEqual([200, 401]);
      expect([await statusOfMe(there, token), await statusOfMe(there, other)]).toEqual([401, 200]);
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });

  it('on one database know the accounts of both, and the end of a sign-in at once', async () => {
    const here = await startTestApp();
    const there = await startTestApp({ database: here.database });
    try {
      const [api, otherApi] = [new Api(here.url), new Api(there.url)];
      const { token } = await api.signUp();
      expect((await otherApi.get('/api/auth/me', { token })).status).toBe(200);
      await otherApi.post('/api/auth/logout', { token });
      expect(outcomeOf(await api.get('/api/auth/me', { token }))).toEqual([401, 'auth.token_revoked']);
    } finally {
      await there.close();
      await here.close();
    }
  });
});
