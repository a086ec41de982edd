import { Api, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { operatorOf } from '../support/operator.js';

describe('the operator and accounts', () => {
  let app: TestApp;
  let api: Api;
  let account: SignedUp;
  let cli: ReturnType<typeof operatorOf>;
  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
    cli = operatorOf(app);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    account = await api.signUp();
  });

  const me = ({ token }: SignedUp) => api.get('/api/auth/me', { token });
  const signIn = ({ email, password }: SignedUp) =>
    api.post('/api/auth/login', { body: { email, password } });

  it('finds accounts by address, by id and by the beginning of an id', async () => {
    const { id } = account.user;
    for (const word of [account.email.toUpperCase(), id, id.slice(0, 26), id.toUpperCase()]) {
      const { exitCode, text } = await cli(['users', 'find', word]);
      expect([exitCode, text]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^${id} +${account.email} .* free`, 'm')),
      ]);
    }
    const other = await api.signUp();
    const { text } = await cli(['users', 'find', account.email, other.email]);
    expect(text.split('\n')).toHaveLength(3);
  });

  it('lists all accounts a page at a time, each once', async () => {
    for (let n = 0; n < 3; n++) await api.signUp();
    const seen: string[] = [];
    let more: string[] = [];
    do {
      const { text } = await cli(['users', 'list', '--limit', '2', ...more]);
      seen.push(...(text.match(/^\S{36}(?= )/gm) ?? []));
      more = /--after \S+$/.exec(text)?.[0].split(' ') ?? [];
    } while (more.length > 0);
    const rows = await app.owner.query<{ id: string }>({ text: 'select id from users order by id' });
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  it('disables an account, at once and wherever it is signed in, and enables it again', async () => {
    expect(await cli(['users', 'disable', account.email])).toMatchObject({ exitCode: 0 });
    expect((await me(account)).status).toBe(401);
    expect((await signIn(account)).status).not.toBe(200);
    expect((await cli(['users', 'list', '--state', 'disabled'])).text).toContain(account.email);
    expect(await cli(['users', 'enable', account.user.id])).toMatchObject({ exitCode: 0 });
    expect((await signIn(account)).status).toBe(200);
  });

  it('deletes an account with a way back, and only when it is due for good', async () => {
    const { exitCode, text } = await cli(['users', 'delete', account.email]);
    expect([exitCode, text]).toEqual([0, expect.stringMatching(/ is deleted, and for good after \d{4}-/)]);
    expect((await me(account)).status).toBe(401);
    expect((await cli(['users', 'list', '--state', 'deleted'])).text).toContain(account.email);
    expect((await cli(['users', 'purge-due'])).text).toBe('0 accounts are deleted for good.');
    await app.owner.query({
      text: 'update users set purge_after_at = 1 where id = $1',
      values: [account.user.id],
    });
    expect((await cli(['users', 'purge-due'])).text).toBe('One account is deleted for good.');
    expect(await cli(['users', 'find', account.email])).toMatchObject({ exitCode: 1 });
  });

  it('deletes an account for good at once where told so; interrupted, the rest goes with what is due', async () => {
    await cli(['users', 'delete', account.email, '--now']);
    expect(await cli(['users', 'find', account.email])).toMatchObject({ exitCode: 1 });
    const other = await api.signUp();
    expect(await cli(['users', 'delete', other.email, '--now'], { interruptAfter: 1 })).toMatchObject({
      exitCode: 130,
    });
    // Half of it is there; nothing of that is a fault.
    expect((await me(other)).status).toBe(401);
    expect(await cli(['database', 'check', '--all'])).toMatchObject({ exitCode: 0, lines: [] });
    expect((await cli(['users', 'purge-due'])).text).toBe('One account is deleted for good.');
  });

  it.each([
    [['users'], /^Say "users find"/],
    [['users', 'find'], /^Say what to look for/],
    [['users', 'find', 'abc'], /neither/],
    [['users', 'find', 'nobody@example.org'], /no such account/],
    [['users', 'list', 'a@b.org'], /takes no account/],
    [['users', 'list', '--limit', '0'], /1 to 500/],
    [['users', 'list', '--state', 'happy'], /disabled or deleted/],
    [['users', 'disable'], /^Name one account/],
    [['users', 'disable', 'a@b.org', '--now'], /--now does not belong/],
    [['users', 'enable', 'nobody@example.org'], /no account with/],
  ])('%j is answered with what is wrong', async (words, message) => {
    const outcome = await cli(words);
    expect([outcome.exitCode, outcome.text]).toEqual([1, expect.stringMatching(message)]);
  });
});
