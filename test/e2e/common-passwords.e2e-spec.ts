import { hash } from '@node-rs/argon2';
import { Api, newEmail, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const refusal = (field: string, code: string) => ({
  status: 400,
  body: { code: 'auth.password_common', errors: [{ path: field, code, message: expect.any(String) }] },
});

describe('a common password', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
  });
  afterAll(() => app.close());

  it.each(['password', 'PassWord1', 'QWERTYUIOP', '1234567890'])(
    'such as %p is refused at sign-up',
    async (password) => {
      const answer = await api.post('/api/auth/signup', { body: { email: newEmail(), password } });
      expect(answer).toMatchObject(refusal('password', 'isNotCommon'));
    },
  );

  it('is also the address itself, however it is written', async () => {
    const email = `maria.${newEmail()}`;
    for (const password of [email, email.toUpperCase(), email.split('@')[0]]) {
      const answer = await api.post('/api/auth/signup', { body: { email: email.toUpperCase(), password } });
      expect(answer).toMatchObject(refusal('password', 'isNotAddress'));
    }
    expect((await api.signUp({ email })).email).toBe(email);
  });

  it('is refused at a change, which changes nothing then', async () => {
    const { token, email } = await api.signUp();
    const change = (newPassword: string) =>
      api.post('/api/auth/password', { token, body: { currentPassword: PASSWORD, newPassword } });
    expect(await change('iloveyou')).toMatchObject(refusal('newPassword', 'isNotCommon'));
    expect(await change(email)).toMatchObject(refusal('newPassword', 'isNotAddress'));
    expect((await api.get('/api/auth/me', { token })).status).toBe(200);
    expect((await change('heavy squats on mondays')).status).toBe(200);
  });

  it('still opens the account that has had it for long', async () => {
    const { email, user } = await api.signUp();
    await app.owner.query({
      text: 'update users set password_hash = $2 where id = $1',
      values: [user.id, await hash('password1', { memoryCost: 19_456, timeCost: 2, parallelism: 1 })],
    });
    const answer = await api.post('/api/auth/login', { body: { email, password: 'password1' } });
    expect(answer.status).toBe(200);
  });
});
