import { Api, holdClock, newEmail, outcomeOf, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Mailbox, tokenIn } from '../support/mailbox.js';

const HOUR_MS = 3_600_000;

describe('confirmation of an e-mail address', () => {
  let mailbox: Mailbox;
  let app: TestApp;
  let api: Api;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    mailbox = await Mailbox.open();
    app = await startTestApp({ env: { ...mailbox.env, RATE_LIMIT: 'on' } });
    api = new Api(app.url);
    clock = holdClock(app.app);
  });
  afterAll(async () => {
    await app.close();
    await mailbox.close();
  });

  const confirm = (token: string) => api.post('/api/auth/email/confirm', { body: { token } });
  const ask = (token: string) => api.post('/api/auth/email/confirmation', { token });
  const isConfirmed = async (token: string) => (await api.get('/api/auth/me', { token })).body.emailConfirmed;
  const move = (token: string, email: string) =>
    api.patch('/api/auth/me', { token, body: { email, currentPassword: PASSWORD } });

  it('takes the link of the e-mail, once', async () => {
    const { email, token } = await api.signUp();
    expect(await isConfirmed(token)).toBe(false);
    const link = tokenIn(await mailbox.waitFor(email, /Confirm/));
    const answer = await confirm(link);
    expect([answer.status, answer.body]).toEqual([200, { emailConfirmed: true }]);
    expect(await isConfirmed(token)).toBe(true);
    expect(outcomeOf(await confirm(link))).toEqual([400, 'auth.link_invalid']);
  });

  it('takes it for three days', async () => {
    const [early, late] = [await api.signUp(), await api.signUp()];
    const links = [
      tokenIn(await mailbox.waitFor(early.email, /Confirm/)),
      tokenIn(await mailbox.waitFor(late.email, /Confirm/)),
    ];
    clock.advance(72 * HOUR_MS - 1);
    expect((await confirm(links[0] ?? '')).status).toBe(200);
    clock.advance(1);
    expect(outcomeOf(await confirm(links[1] ?? ''))).toEqual([400, 'auth.link_invalid']);
  });

  it('is asked for again, where only the newest link counts, and no more once it is done', async () => {
    const { email, token } = await api.signUp();
    const first = tokenIn(await mailbox.waitFor(email, /Confirm/));
    const asked = await ask(token);
    expect([asked.status, asked.body]).toEqual([202, { emailConfirmed: false }]);
    const second = tokenIn(await mailbox.waitFor(email, /Confirm/, 2));
    expect(outcomeOf(await confirm(first))).toEqual([400, 'auth.link_invalid']);
    expect((await confirm(second)).status).toBe(200);
    const again = await ask(token);
    expect([again.status, again.body]).toEqual([202, { emailConfirmed: true }]);
    expect(outcomeOf(await ask('nobody'))).toEqual([401, 'auth.token_invalid']);
  });

  it('is sent five times an hour, however many ask at once', async () => {
    const { email, token } = await api.signUp();
    const answers = await Promise.all(Array.from({ length: 7 }, () => ask(token)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(4);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.map(({ body }) => body.code)).toEqual(Array.from({ length: 3 }, () => 'mail.too_many'));
    expect(refused[0]?.headers.get('retry-after')).toBe('3600');
    await mailbox.waitFor(email, /Confirm/, 5);
    clock.advance(HOUR_MS);
    expect((await ask(token)).status).toBe(202);
    await mailbox.waitFor(email, /Confirm/, 6);
    expect(mailbox.to(email)).toHaveLength(6);
  });

  it('is not how one mailbox is flooded from many accounts', async () => {
    const victim = newEmail();
    for (let n = 0; n < 7; n++) {
      const { token } = await api.signUp();
      expect((await move(token, victim)).status).toBe(200);
      expect((await move(token, newEmail())).status).toBe(200);
    }
    const { email } = await api.signUp();
    await mailbox.waitFor(email, /Confirm/);
    const confirmations = mailbox
      .to(victim)
      .filter(({ headers }) => headers.get('subject')?.startsWith('Confirm'));
    expect(confirmations.length).toBeLessThanOrEqual(5);
  });

  it('begins anew with another address, of which the old one is told', async () => {
    const { email, token } = await api.signUp();
    const old = tokenIn(await mailbox.waitFor(email, /Confirm/));
    const moved = newEmail();
    expect((await move(token, moved)).body).toMatchObject({ email: moved, emailConfirmed: false });
    const notice = await mailbox.waitFor(email, /address was changed/);
    expect(notice.raw).not.toContain(moved);
    expect(outcomeOf(await confirm(old))).toEqual([400, 'auth.link_invalid']);
    const link = tokenIn(await mailbox.waitFor(moved, /Confirm/));
    expect((await confirm(link)).status).toBe(200);
    expect(await isConfirmed(token)).toBe(true);
    const renamed = await api.patch('/api/auth/me', { token, body: { displayName: 'Maria', email: moved } });
    expect(renamed.body).toMatchObject({ displayName: 'Maria', emailConfirmed: true });
  });

  it('takes nothing else: no made-up link, no refresh token, none of another account', async () => {
    const { token, refreshToken, user, email } = await api.signUp();
    const other = tokenIn(await mailbox.waitFor(email, /Confirm/));
    const mine = Buffer.from(user.id.replaceAll('-', ''), 'hex');
    const { user: joe } = await api.signUp();
    const forged = Buffer.concat([
      Buffer.from(joe.id.replaceAll('-', ''), 'hex'),
      Buffer.from(other, 'base64url').subarray(16),
    ]).toString('base64url');
    const guess = Buffer.concat([mine, Buffer.alloc(32)]).toString('base64url');
    for (const link of ['', 'x', '_'.repeat(64), refreshToken, forged, guess, `${other}A`])
      expect(outcomeOf(await confirm(link))).toEqual([400, 'auth.link_invalid']);
    expect(outcomeOf(await api.post('/api/auth/email/confirm', { body: { token: 5 } }))).toEqual([
      400,
      'request.invalid',
    ]);
    expect(await isConfirmed(token)).toBe(false);
  });

  it('is nothing that signing in and syncing wait for', async () => {
    const { email, token } = await api.signUp();
    expect((await api.post('/api/auth/login', { body: { email, password: PASSWORD } })).status).toBe(200);
    expect((await api.get('/api/sync/status', { token })).status).toBe(200);
    expect(await isConfirmed(token)).toBe(false);
  });
});
