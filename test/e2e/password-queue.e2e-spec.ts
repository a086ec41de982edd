import { Passwords } from '../../src/auth/passwords.js';
import { Api, newEmail } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';

/** Far more than may be at work and may wait: src/auth/passwords.ts. */
const CROWD = 1000;

describe('a crowd that signs in at once', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('is told to come again where it does not fit, and keeps nobody from syncing', async () => {
    const account = await premiumAccount(app);
    const api = new Api(app.url);
    const logIn = () => api.post('/api/auth/login', { body: { email: newEmail(), password: 'any at all' } });
    let disperse: ((reason: Error) => void) | undefined;
    const held = new Promise<void>((_, reject) => (disperse = reject));
    const passwords = app.app.get(Passwords);
    // Their turn comes, and then they stand there.
    const crowd = Array.from({ length: CROWD }, () =>
      passwords.check({ held: null, password: 'any', first: () => held }).catch((error: unknown) => error),
    );
    const { status, body, headers } = await logIn();
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'server.unavailable', '2']);
    expect(await new Phone(app.url, account.token, 'phone').request('pull', { lastSync: 0 })).toMatchObject({
      hasMore: false,
    });
    disperse?.(new Error('the crowd has gone'));
    await Promise.all(crowd);
    expect((await logIn()).status).toBe(401);
  });
});
