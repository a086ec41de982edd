import type { Owner } from '../support/owner.js';
import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone } from '../support/phone.js';

interface ColumnRow {
  table_name: string;
  column_name: string;
  udt_name: string;
}

/** A value of each type that occurs; a type without one fails the test that needs it. */
const SAMPLES: Readonly<Record<string, string>> = {
  uuid: 'gen_random_uuid()',
  text: "'x'",
  varchar: "'x'",
  bool: 'true',
  int2: '1',
  int4: '1',
  int8: '1',
  float4: '1',
  float8: '1',
  json: "'{}'",
  jsonb: "'{}'",
  bytea: "'\\x00'",
  _int8: "'{1}'",
  _text: "'{x}'",
};

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

  /** Tables that say whose their rows are, as PostgreSQL knows them: independent of what the program believes. */
  async function tablesOfUsers(): Promise<string[]> {
    const rows = await database.query<{ table_name: string }>({
      text: `
        select table_name from information_schema.columns
        where table_schema = 'public' and column_name = 'user_id' order by table_name`,
    });
    return rows.map(({ table_name }) => table_name);
  }

  async function countsOf(userId: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const table of await tablesOfUsers()) {
      const text = `select 1 from "${table}" where user_id = $1`;
      counts[table] = (await database.query({ text, values: [userId] })).length;
    }
    return counts;
  }

  /** A row in every table that has a user, whether or not anything in the API would make one. */
  async function fillEveryTable(userId: string): Promise<void> {
    const columns = await database.query<ColumnRow>({
      text: `
        select table_name, column_name, udt_name from information_schema.columns
        where table_schema = 'public' and is_nullable = 'NO' and column_default is null`,
    });
    for (const [table, count] of Object.entries(await countsOf(userId))) {
      if (count > 0) continue;
      const own = columns.filter(({ table_name }) => table_name === table);
      const values = own.map(({ column_name, udt_name }) =>
        column_name === 'user_id' ? '$1' : SAMPLES[udt_name],
      );
      const names = own.map(({ column_name }) => `"${column_name}"`);
      const text = `insert into "${table}" (${names.join(', ')}) values (${values.join(', ')})`;
      await database.query({ text, values: [userId] });
    }
  }

  it('removes every row of the account from every table, and none of another’s', async () => {
    const [maria, joe] = [await api.signUp(), await api.signUp()];
    for (const { user } of [maria, joe]) await fillEveryTable(user.id);
    const before = await countsOf(joe.user.id);
    expect(Object.values(before)).not.toContain(0);
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(['auth_sessions', 'refresh_tokens', 'sync_clock']),
    );

    const answer = await api.delete('/api/auth/me', {
      token: maria.token,
      body: { password: maria.password },
    });
    expect([answer.status, answer.body]).toEqual([200, { deleted: true }]);
    expect(new Set(Object.values(await countsOf(maria.user.id)))).toEqual(new Set([0]));
    expect(await countsOf(joe.user.id)).toEqual(before);
    const gone = await database.query({ text: 'select 1 from users where id = $1', values: [maria.user.id] });
    expect(gone).toEqual([]);
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
    expect(new Set(Object.values(await countsOf(user.id)))).toEqual(new Set([0]));
  });

  it('keeps the account of who signs in meanwhile as gone as any other', async () => {
    const { email, token, password, user } = await api.signUp();
    const [, ...logins] = await Promise.all([
      api.delete('/api/auth/me', { token, body: { password } }),
      ...Array.from({ length: 4 }, () => api.post('/api/auth/login', { body: { email, password } })),
    ]);
    for (const { status, body } of logins)
      if (status === 200) expect((await api.get('/api/auth/me', { token: body.token })).status).toBe(401);
    expect(new Set(Object.values(await countsOf(user.id)))).toEqual(new Set([0]));
  });
});
