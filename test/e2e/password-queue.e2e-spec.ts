import { Api, newEmail } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';

/** Some more than are at work and may wait: src/auth/passwords.ts. */
const CROWD = 300;

describe('a crowd that signs in at once', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('is told to come again where it does not fit, and keeps nobody from syncing', async () => {
    const account = await premiumAccount(app);
    const phone = new Phone(app.url, account.token, 'phone');
    const api = new Api(app.url);
    let answered = 0;
    const crowd = Array.from({ length: CROWD }, async () => {
      const answer = await api.post('/api/auth/login', {
        body: { email: newEmail(), password: 'any at all' },
      });
      answered++;
      return answer;
    });
    await phone.request('pull', { lastSync: 0 });
    expect(answered).toBeLessThan(CROWD);
    const answers = await Promise.all(crowd);
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(CROWD - refused.length);
    for (const { body, headers } of refused)
      expect([body.code, headers.get('retry-after')]).toEqual(['server.unavailable', '2']);
  });
});
