import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, Api, newEmail, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

/** Whoever waits for a row of this database. */
const BLOCKED = `
  select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

describe('accounts', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
  });
  afterAll(() => app.close());

  const signUp = (body: unknown) => api.post('/api/auth/signup', { body });
  const logIn = (body: unknown) => api.post('/api/auth/login', { body });
  const rows = (text: string, values: unknown[]) => app.owner.query({ text, values });

  describe('sign-up', () => {
    it('answers 201 with tokens and the user, and nothing else', async () => {
      const email = newEmail();
      const { status, body } = await signUp({ email, password: PASSWORD, displayName: 'Maria' });
      expect(status).toBe(201);
      expect(body).toEqual({
        token: expect.any(String),
        refreshToken: expect.any(String),
        expiresIn: 7 * 86_400,
        user: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), email, displayName: 'Maria', isPremium: false },
      });
    });

    it.each([[undefined], [null], [''], ['   ']])(
      'takes the local part of the address for a name of %p',
      async (displayName) => {
        const { body } = await signUp({ email: ` Joe.${newEmail()} `, password: PASSWORD, displayName });
        expect(body.user.displayName).toBe(body.user.email.split('@')[0]);
        expect(body.user.displayName).toMatch(/^joe\./);
      },
    );

    it('takes an address of 254 characters', async () => {
      expect((await signUp({ email: longEmail(254), password: PASSWORD })).status).toBe(201);
    });

    it('gives the account its sync clock', async () => {
      const { user } = await api.signUp();
      expect(await rows('select clock from sync_clock where user_id = $1', [user.id])).toEqual([
        { clock: '0' },
      ]);
    });

    it('refuses a second account with the same address, however it is written', async () => {
      const email = `rené.${newEmail()}`;
      await api.signUp({ email });
      for (const same of [email, ` ${email} `, email.toUpperCase(), email.normalize('NFD')]) {
        const { status, body } = await signUp({ email: same, password: PASSWORD });
        expect([status, body.code]).toEqual([409, 'auth.email_taken']);
      }
    });

    it('lets one of many win who sign up with the same address at once', async () => {
      const email = newEmail();
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => signUp({ email, password: PASSWORD })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    });

    it.each([
      ['no address', { password: PASSWORD }, ['email']],
      ['an address that is none', { email: 'maria', password: PASSWORD }, ['email']],
      ['an address that is a number', { email: 5, password: PASSWORD }, ['email']],
      ['an address of 255 characters', { email: longEmail(255), password: PASSWORD }, ['email']],
      ['a NUL in the address', { email: 'a\0b@example.org', password: PASSWORD }, ['email']],
      ['no password', { email: newEmail() }, ['password']],
      [
        'a name of 101 characters',
        { email: newEmail(), password: PASSWORD, displayName: 'x'.repeat(101) },
        ['displayName'],
      ],
      ['a NUL in the name', { email: newEmail(), password: PASSWORD, displayName: 'a\0' }, ['displayName']],
    ])('refuses %s and says where', async (_, body, places) => {
      const answer = await signUp(body);
      expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
      expect(faultsOf(answer)).toEqual(places);
    });
  });

  describe('passwords', () => {
    it.each([
      ['8 characters', 'x7&kQ2!p'],
      ['256 characters', `y${'z'.repeat(255)}`],
      ['256 characters outside the BMP', '🏋'.repeat(256)],
      ['nothing but spaces', ' '.repeat(9)],
      ['spaces at both ends', '  heavy squats  '],
      ['a NUL inside', 'before\0after'],
      ['line breaks and accents', 'žluťoučký\nkůň'],
    ])('may have %s, and are never changed', async (_, password) => {
      const { email } = await api.signUp({ password });
      expect((await logIn({ email, password })).status).toBe(200);
      for (const other of [
        password.slice(0, -1),
        password.slice(1),
        `${password} `,
        password.split('\0')[0] ?? '',
      ])
        if (other !== password) expect((await logIn({ email, password: other })).status).toBe(401);
    });

    it('are compared beyond the 72nd byte', async () => {
      const { email, password } = await api.signUp({ password: `${'é'.repeat(100)}a` });
      expect((await logIn({ email, password: `${'é'.repeat(100)}b` })).status).toBe(401);
      expect((await logIn({ email, password })).status).toBe(200);
    });

    it.each([
      ['7 characters', 'x7&kQ2!'],
      ['7 characters of two units each', '🏋'.repeat(7)],
      ['257 characters', 'x'.repeat(257)],
      ['half a surrogate pair', 'abcdefgh\ud83c'],
      ['no text', 12_345_678],
    ])('may not have %s', async (_, password) => {
      const answer = await signUp({ email: newEmail(), password });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
      expect(faultsOf(answer)).toContain('password');
    });

    it('are stored as argon2id with 19 MiB and two passes', async () => {
      const { user } = await api.signUp();
      const [row] = await rows('select password_hash from users where id = $1', [user.id]);
      expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    });
  });

  describe('log-in', () => {
    it('answers 200 with what sign-up answered, and new tokens', async () => {
      const { email, password, ...signedUp } = await api.signUp();
      const { status, body } = await logIn({ email, password });
      expect(status).toBe(200);
      expect(body).toEqual({ ...signedUp, token: expect.any(String), refreshToken: expect.any(String) });
      expect(body.refreshToken).not.toBe(signedUp.refreshToken);
    });

    it('does not mind spaces around the address, nor letter case', async () => {
      const { email, password } = await api.signUp();
      expect((await logIn({ email: `\t${email.toUpperCase()} `, password })).status).toBe(200);
    });

    it('answers a wrong password and an unknown address alike', async () => {
      const { email, password } = await api.signUp();
      const wrong = await logIn({ email, password: `${password}.` });
      for (const body of [
        { email: newEmail(), password },
        { email: 'no address at all', password },
        { email: 'a\0b@example.org', password },
        { email, password: 'short' },
        { email, password: 'x'.repeat(100_000) },
      ]) {
        const answer = await logIn(body);
        expect(answer.status).toBe(401);
        expect({ ...answer.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
      }
      expect(wrong.body.code).toBe('auth.credentials_wrong');
    });

    it('refuses a body without password', async () => {
      const answer = await logIn({ email: newEmail() });
      expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
      expect(faultsOf(answer)).toEqual(['password']);
    });
  });

  describe('the profile', () => {
    it('shows the account and its subscription', async () => {
      const { token, user } = await api.signUp();
      const { status, body } = await api.get('/api/auth/me', { token });
      expect(status).toBe(200);
      expect(body).toEqual({
        ...user,
        emailConfirmed: false,
        subscriptionStatus: 'free',
        subscriptionExpiresAt: null,
        createdAt: expect.any(Number),
      });
      expect(Math.abs(body.createdAt - Date.now())).toBeLessThan(60_000);
    });

    it('takes another name, and the local part of the address for a blank one', async () => {
      const { token, email } = await api.signUp();
      const named = await api.patch('/api/auth/me', { token, body: { displayName: ' Grüße 🏋 ' } });
      expect([named.status, named.body.displayName]).toEqual([200, 'Grüße 🏋']);
      const blank = await api.patch('/api/auth/me', { token, body: { displayName: null } });
      expect(blank.body.displayName).toBe(email.split('@')[0]);
    });

    it('changes nothing for an empty body', async () => {
      const { token, user } = await api.signUp();
      expect((await api.patch('/api/auth/me', { token, body: {} })).body).toMatchObject(user);
    });

    it('takes another address with the current password only', async () => {
      const { token, email, password } = await api.signUp();
      const moved = newEmail();
      const without = await api.patch('/api/auth/me', { token, body: { email: moved } });
      expect([without.status, without.body.code]).toEqual([400, 'request.invalid']);
      const wrong = await api.patch('/api/auth/me', {
        token,
        body: { email: moved, currentPassword: 'wrong one' },
      });
      expect([wrong.status, wrong.body.code]).toEqual([401, 'auth.credentials_wrong']);
      expect((await logIn({ email: moved, password })).status).toBe(401);

      const right = await api.patch('/api/auth/me', {
        token,
        body: { email: moved, currentPassword: password },
      });
      expect([right.status, right.body.email]).toEqual([200, moved]);
      expect((await logIn({ email, password })).status).toBe(401);
      expect((await logIn({ email: moved, password })).status).toBe(200);
    });

    it.each([
      ['has another password', "password_hash = 'of another password'"],
      ['is deleted', 'deleted_at = 1, purge_after_at = 9e15'],
      ['is disabled', 'disabled_at = 1'],
    ])('takes no other address once the account %s, though the password was right before', async (_, set) => {
      const { token, email, password, user } = await api.signUp();
      const body = { email: newEmail(), currentPassword: password };
      const asked = await app.owner.transaction(async (tx) => {
        await tx.query({ text: `update users set ${set} where id = $1`, values: [user.id] });
        const answer = api.patch('/api/auth/me', { token, body });
        // Its password is checked: it waits for the row.
        while ((await rows(BLOCKED, [])).length === 0) await pause(20);
        return { answer };
      });
      const answer = await asked.answer;
      expect([answer.status, answer.body.code]).toEqual([401, 'auth.credentials_wrong']);
      expect(await rows('select email from users where id = $1', [user.id])).toEqual([{ email }]);
    });

    it('asks for no password when the address stays the same', async () => {
      const { token, email } = await api.signUp();
      expect((await api.patch('/api/auth/me', { token, body: { email: ` ${email} ` } })).status).toBe(200);
    });

    it('does not take the address of another account', async () => {
      const other = await api.signUp();
      const { token, password } = await api.signUp();
      const body = { email: other.email, currentPassword: password };
      const answer = await api.patch('/api/auth/me', { token, body });
      expect([answer.status, answer.body.code]).toEqual([409, 'auth.email_taken']);
    });
  });
});

/** The faulty places a refusal names. */
const faultsOf = ({ body }: Answer) => [...new Set(body.errors.map(({ path }: { path: string }) => path))];

/** A valid address but for its length. */
function longEmail(length: number): string {
  const domain = `${'d'.repeat(62)}.${'e'.repeat(62)}.${'f'.repeat(62)}.org`;
  return `${'l'.repeat(length - domain.length - 1)}@${domain}`;
}
