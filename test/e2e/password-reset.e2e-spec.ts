import { AccountsService } from '../../src/auth/accounts.service.js';
import { Database } from '../../src/database/database.js';
import { Api, holdClock, newEmail, outcomeOf, PASSWORD, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Mailbox, tokenIn } from '../support/mailbox.js';

const HOUR_MS = 3_600_000;
const OTHER_PASSWORD = 'heavy squats on mondays';

/** What a request costs on a server of its own, in which nothing else is under way when it comes. */
async function statementsOf(
  address: string,
  mailbox: Mailbox,
  database: TestApp['database'],
): Promise<string[]> {
  const other = await startTestApp({ env: { ...mailbox.env, RATE_LIMIT: 'on' }, database });
  const server = other.app.get(Database);
  const query = server.query.bind(server);
  const sent: string[] = [];
  server.query = (statement) => {
    sent.push(statement.text);
    return query(statement);
  };
  try {
    const { status } = await new Api(other.url).post('/api/auth/password/forgot', {
      body: { email: address },
    });
    expect(status).toBe(202);
    // What follows is served after the answer.
    return sent.slice(0, sent.findIndex((text) => text.includes('into reset_requests')) + 1);
  } finally {
    await other.close();
  }
}

describe('a forgotten password', () => {
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

  const forgot = (email: string) => api.post('/api/auth/password/forgot', { body: { email } });
  const reset = (token: string, newPassword = OTHER_PASSWORD) =>
    api.post('/api/auth/password/reset', { body: { token, newPassword } });
  const logIn = (email: string, password: string) =>
    api.post('/api/auth/login', { body: { email, password } });
  const linkTo = async (email: string, nth = 1) => {
    expect((await forgot(email)).status).toBe(202);
    return tokenIn(await mailbox.waitFor(email, /Choose a new/, nth));
  };

  it('is replaced with the link of the e-mail, which ends every sign-in and confirms the address', async () => {
    const { email, token, refreshToken } = await api.signUp();
    const answer = await reset(await linkTo(email));
    expect([answer.status, answer.body]).toEqual([200, { passwordChanged: true }]);
    expect(outcomeOf(await api.get('/api/auth/me', { token }))).toEqual([401, 'auth.token_revoked']);
    const refreshed = await api.post('/api/auth/refresh', { body: { refreshToken } });
    expect(outcomeOf(refreshed)).toEqual([401, 'auth.token_revoked']);
    expect(outcomeOf(await logIn(email, PASSWORD))).toEqual([401, 'auth.credentials_wrong']);
    const { status, body } = await logIn(email, OTHER_PASSWORD);
    expect(status).toBe(200);
    expect((await api.get('/api/auth/me', { token: body.token })).body.emailConfirmed).toBe(true);
    await mailbox.waitFor(email, /password was changed/);
  });

  it('answers every address alike', async () => {
    const { email } = await api.signUp();
    const [known, unknown] = [await forgot(email), await forgot(newEmail())];
    expect([known.status, known.body]).toEqual([202, { accepted: true }]);
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect([...unknown.headers.keys()]).toEqual([...known.headers.keys()]);
    expect(outcomeOf(await forgot('no address'))).toEqual([400, 'request.invalid']);
  });

  it('costs the same statements whether or not there is an account', async () => {
    const known = await statementsOf((await api.signUp()).email, mailbox, app.database);
    expect(known.join()).not.toMatch(/users|account_by_email/);
    expect(known).toHaveLength(3);
    expect(await statementsOf(newEmail(), mailbox, app.database)).toEqual(known);
  });

  it('is found however the address is written', async () => {
    const { email } = await api.signUp();
    expect((await forgot(` ${email.toUpperCase()} `)).status).toBe(202);
    await mailbox.waitFor(email, /Choose a new/);
  });

  it('has a link that is good once, for an hour', async () => {
    const { email } = await api.signUp();
    const link = await linkTo(email);
    clock.advance(HOUR_MS - 1);
    expect((await reset(link)).status).toBe(200);
    expect(outcomeOf(await reset(link, PASSWORD))).toEqual([400, 'auth.link_invalid']);
    const second = await linkTo(email, 2);
    clock.advance(HOUR_MS);
    expect(outcomeOf(await reset(second))).toEqual([400, 'auth.link_invalid']);
  });

  it('has one link that counts: the newest', async () => {
    const { email } = await api.signUp();
    const first = await linkTo(email);
    const second = await linkTo(email, 2);
    expect(outcomeOf(await reset(first))).toEqual([400, 'auth.link_invalid']);
    expect((await reset(second)).status).toBe(200);
  });

  it('is replaced by one of many who follow the link at once', async () => {
    const { email } = await api.signUp();
    const link = await linkTo(email);
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((word) => reset(link, `${OTHER_PASSWORD} ${word}`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'auth.link_invalid')).toHaveLength(2);
  });

  it('keeps the link good when the new one is refused', async () => {
    const { email } = await api.signUp();
    const link = await linkTo(email);
    expect(await reset(link, 'password1')).toMatchObject({
      status: 400,
      body: { code: 'auth.password_common', errors: [{ path: 'newPassword', code: 'isNotCommon' }] },
    });
    expect((await reset(link, email)).body.code).toBe('auth.password_common');
    expect(outcomeOf(await reset(link, 'short'))).toEqual([400, 'request.invalid']);
    expect((await reset(link)).status).toBe(200);
  });

  it('is no way in after the password or the address was changed', async () => {
    const [maria, joe] = [await api.signUp(), await api.signUp()];
    const links = [await linkTo(maria.email), await linkTo(joe.email)];
    const changed = await api.post('/api/auth/password', {
      token: maria.token,
      body: { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD },
    });
    expect(changed.status).toBe(200);
    const moved = await api.patch('/api/auth/me', {
      token: joe.token,
      body: { email: newEmail(), currentPassword: PASSWORD },
    });
    expect(moved.status).toBe(200);
    for (const link of links) expect(outcomeOf(await reset(link))).toEqual([400, 'auth.link_invalid']);
    await mailbox.waitFor(maria.email, /password was changed/);
  });

  it('opens an account again that was shut by too many guesses', async () => {
    const { email } = await api.signUp();
    for (let n = 0; n < 20; n++) await logIn(email, `guess ${n}`);
    expect(outcomeOf(await logIn(email, PASSWORD))).toEqual([429, 'auth.too_many_attempts']);
    expect((await reset(await linkTo(email))).status).toBe(200);
    expect((await logIn(email, OTHER_PASSWORD)).status).toBe(200);
  });

  it('is answered as ever after five e-mails in an hour, and no further one comes', async () => {
    const { email } = await api.signUp();
    // The one that confirms the address was the first.
    for (let n = 1; n <= 4; n++) await linkTo(email, n);
    for (let n = 0; n < 4; n++) expect((await forgot(email)).body).toEqual({ accepted: true });
    clock.advance(HOUR_MS);
    await linkTo(email, 5);
    expect(mailbox.to(email)).toHaveLength(6);
  });

  it('of an account that is to be deleted leads back to it, of a disabled one nowhere', async () => {
    const [deleted, disabled]: SignedUp[] = [await api.signUp(), await api.signUp()];
    await api.delete('/api/auth/me', { token: deleted?.token, body: { password: PASSWORD } });
    const notice = await mailbox.waitFor(deleted?.email ?? '', /will be deleted/);
    expect(notice.text).toContain('https://portal.example.org/undelete');
    await app.app.get(AccountsService).disable(disabled?.user.id ?? '');
    await forgot(disabled?.email ?? '');
    expect((await reset(await linkTo(deleted?.email ?? ''))).status).toBe(200);
    expect(outcomeOf(await logIn(deleted?.email ?? '', OTHER_PASSWORD))).toEqual([
      403,
      'auth.account_deleted',
    ]);
    const body = { email: deleted?.email, password: OTHER_PASSWORD };
    expect((await api.post('/api/auth/undelete', { body })).status).toBe(200);
    await mailbox.waitFor(deleted?.email ?? '', /account is back/);
    const toDisabled = mailbox.to(disabled?.email ?? '').map(({ headers }) => headers.get('subject'));
    expect(toDisabled).not.toContain('Choose a new password');
  });

  it('leaves only hashes in the database, and no request behind', async () => {
    const { email, user } = await api.signUp();
    const link = await linkTo(email);
    const rows = await app.owner.query<{ all: string }>({
      text: `select (select string_agg(t::text, ' ') from link_tokens t where user_id = $1) as all`,
      values: [user.id],
    });
    const secret = Buffer.from(link, 'base64url').subarray(16);
    expect(rows[0]?.all).toContain(email);
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(rows[0]?.all).not.toContain(secret.toString(encoding));
    expect(await app.owner.query({ text: 'select 1 from reset_requests' })).toEqual([]);
  });
});
