import { setTimeout as pause } from 'node:timers/promises';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { type Answer, Api, holdClock, outcomeOf, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { countsOf, fillEveryTable, isEmpty } from '../support/every-table.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { aRoutine, aSet } from '../support/portal.js';

const DAY_MS = 86_400_000;

describe('deletion of an account with a way back', () => {
  let app: TestApp;
  let api: Api;
  let accounts: AccountsService;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
    accounts = app.app.get(AccountsService);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  const logIn = (email: string, password = PASSWORD) =>
    api.post('/api/auth/login', { body: { email, password } });
  const undelete = (email: string, password = PASSWORD) =>
    api.post('/api/auth/undelete', { body: { email, password } });
  const remove = (token: string) => api.delete('/api/auth/me', { token, body: { password: PASSWORD } });
  const digestOf = async (token: string): Promise<Answer> => {
    const answer = await api.get('/api/sync/digest', { token });
    expect(answer.status).toBe(200);
    return answer.body;
  };

  /** An account with premium and something in it. */
  async function trained() {
    const account = await premiumAccount(app);
    const phone = new Phone(app.url, account.token, 'phone-of-old');
    const { rejected } = await phone.request('push', {
      sessions: [aSet(), aSet(), aSet({ deletedAt: 5 })],
      routines: [aRoutine()],
    });
    expect(rejected).toEqual([]);
    return { ...account, phone };
  }

  it('says until when it can be taken back, which is fourteen days', async () => {
    const { token } = await api.signUp();
    const answer = await remove(token);
    expect([answer.status, answer.body]).toEqual([
      200,
      { deleted: true, purgeAt: clock.now() + 14 * DAY_MS },
    ]);
  });

  it('ends every sign-in at once: the old phone’s push is refused and changes nothing', async () => {
    const { userId, token, phone, email } = await trained();
    const other = (await logIn(email)).body;
    const before = await countsOf(app.owner, userId);
    await remove(token);
    for (const path of ['/api/sync/push', '/api/sync/pull']) {
      const refused = await phone.send(path, { sessions: [aSet()] });
      expect([refused.status, (refused.body as { code: string }).code]).toEqual([401, 'auth.token_revoked']);
    }
    expect(outcomeOf(await api.get('/api/auth/me', { token: other.token }))).toEqual([
      401,
      'auth.token_revoked',
    ]);
    const refreshed = await api.post('/api/auth/refresh', { body: { refreshToken: other.refreshToken } });
    expect(outcomeOf(refreshed)).toEqual([401, 'auth.token_revoked']);
    expect(await countsOf(app.owner, userId)).toEqual(before);
  });

  it('tells who signs in with the right password, and nobody else, and keeps the address', async () => {
    const { token, email } = await api.signUp();
    const { purgeAt } = (await remove(token)).body;
    const answer = await logIn(email);
    expect(outcomeOf(answer)).toEqual([403, 'auth.account_deleted']);
    expect(answer.body.purgeAt).toBe(purgeAt);
    expect(outcomeOf(await logIn(email, 'not this one'))).toEqual([401, 'auth.credentials_wrong']);
    expect(outcomeOf(await undelete(email, 'not this one'))).toEqual([401, 'auth.credentials_wrong']);
    const again = await api.post('/api/auth/signup', { body: { email, password: PASSWORD } });
    expect(outcomeOf(again)).toEqual([409, 'auth.email_taken']);
  });

  it('is taken back with every record, to the last bit, and old phones sync on where they were', async () => {
    const { userId, token, email, phone } = await trained();
    const [digest, counts] = [await digestOf(token), await countsOf(app.owner, userId)];
    const { syncTime } = await phone.request('pull', {});
    await remove(token);
    clock.advance(14 * DAY_MS - 1);
    const { status, body } = await undelete(email);
    expect([status, body.user.id]).toEqual([200, userId]);
    expect(await digestOf(body.token)).toEqual(digest);
    const after = await countsOf(app.owner, userId);
    for (const table of ['auth_sessions', 'refresh_tokens']) after[table] = counts[table] ?? 0;
    expect(after).toEqual({ ...counts, device_cursors: after.device_cursors });
    const back = new Phone(app.url, body.token, phone.deviceId);
    expect(await back.request('pull', { lastSync: syncTime })).toMatchObject({ sessions: [], resync: false });
    expect((await back.request('push', { sessions: [aSet()] })).rejected).toEqual([]);
    expect((await api.get('/api/auth/me', { token })).status).toBe(401);
    expect((await logIn(email)).status).toBe(200);
  });

  it('is taken back once, and asking again after a lost answer just signs in', async () => {
    const { token, email } = await api.signUp();
    await remove(token);
    const answers = [await undelete(email), await undelete(email)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const { body } of answers)
      expect((await api.get('/api/auth/me', { token: body.token })).status).toBe(200);
  });

  it('is final when the days are over: nothing of it is found, and the address is free', async () => {
    const [gone, other] = [await trained(), await trained()];
    for (const { userId } of [gone, other]) await fillEveryTable(app.owner, userId);
    const counts = await countsOf(app.owner, other.userId);
    expect(Object.values(counts)).not.toContain(0);
    await remove(gone.token);
    clock.advance(14 * DAY_MS - 1);
    await accounts.purgeDue();
    expect(isEmpty(await countsOf(app.owner, gone.userId))).toBe(false);
    clock.advance(1);
    expect(outcomeOf(await logIn(gone.email))).toEqual([401, 'auth.credentials_wrong']);
    expect(outcomeOf(await undelete(gone.email))).toEqual([401, 'auth.credentials_wrong']);
    await accounts.purgeDue();
    expect(isEmpty(await countsOf(app.owner, gone.userId))).toBe(true);
    expect(await countsOf(app.owner, other.userId)).toEqual(counts);
    expect((await api.signUp({ email: gone.email })).user.id).not.toBe(gone.userId);
  });

  it('goes on where it was interrupted, in small steps, and cannot be taken back in between', async () => {
    const { token, email, user } = await api.signUp();
    await fillEveryTable(app.owner, user.id);
    await app.owner.query({
      text: `
        insert into device_marks (user_id, device_id, collection, server_id, head_version, push_number)
        select $1, 'x', 'badges', gen_random_uuid(), n, 1 from generate_series(1, 2500) n`,
      values: [user.id],
    });
    await remove(token);
    const stop = new AbortController();
    const steps: number[] = [];
    const progress = (rows: number) => {
      steps.push(rows);
      if (rows > 1000) stop.abort();
    };
    expect(await accounts.purge(user.id, { progress, signal: stop.signal })).toBe(false);
    const left = await countsOf(app.owner, user.id);
    expect([left.users, left.sync_clock, isEmpty(left)]).toEqual([1, 0, false]);
    expect(outcomeOf(await undelete(email))).toEqual([401, 'auth.credentials_wrong']);
    expect(await accounts.purgeDue()).toBeGreaterThan(0);
    expect(isEmpty(await countsOf(app.owner, user.id))).toBe(true);
    expect(Math.max(...steps.map((rows, n) => rows - (steps[n - 1] ?? 0)))).toBe(1000);
  });

  it('does not wait for another that cannot be finished', async () => {
    const [stuck, other] = [await api.signUp(), await api.signUp()];
    await fillEveryTable(app.owner, stuck.user.id);
    await app.owner.query({
      text: `create function keep() returns trigger language plpgsql as $$ begin raise 'it stays'; end $$`,
    });
    await app.owner.query({
      text: `create trigger keep before delete on sync_devices for each row
        when (old.user_id = '${stuck.user.id}') execute function keep()`,
    });
    await remove(stuck.token);
    clock.advance(1);
    await remove(other.token);
    clock.advance(15 * DAY_MS);
    await expect(accounts.purgeDue()).rejects.toThrow('it stays');
    expect(isEmpty(await countsOf(app.owner, other.user.id))).toBe(true);
    expect(isEmpty(await countsOf(app.owner, stuck.user.id))).toBe(false);
    await app.owner.query({ text: 'drop function keep cascade' });
    await accounts.purgeDue();
    expect(isEmpty(await countsOf(app.owner, stuck.user.id))).toBe(true);
  });

  it('happens once when several processes purge at once', async () => {
    const signedUp = await Promise.all(Array.from({ length: 6 }, () => api.signUp()));
    for (const { token } of signedUp) await remove(token);
    clock.advance(15 * DAY_MS);
    const other = await startTestApp({ database: app.database });
    try {
      holdClock(other.app, clock.now());
      const rounds = [accounts, other.app.get(AccountsService)].map((service) => service.purgeDue());
      const [here = 0, there = 0] = await Promise.all(rounds);
      expect(here + there).toBeGreaterThanOrEqual(6);
      for (const { user } of signedUp) expect(isEmpty(await countsOf(app.owner, user.id))).toBe(true);
    } finally {
      await other.close();
    }
  });

  it('is taken back whole or not at all while a server whose clock is ahead purges it', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => trained()));
    const digests = await Promise.all(all.map(({ token }) => digestOf(token)));
    for (const { token } of all) await remove(token);
    clock.advance(14 * DAY_MS - 1);
    const ahead = await startTestApp({ database: app.database });
    try {
      holdClock(ahead.app, clock.now() + 1);
      const purges = Array.from({ length: 3 }, () => ahead.app.get(AccountsService).purgeDue());
      const answers = await Promise.all(all.map(({ email }) => undelete(email)));
      await Promise.all(purges);
      await ahead.app.get(AccountsService).purgeDue();
      for (const [n, answer] of answers.entries())
        if (answer.status === 200) expect(await digestOf(answer.body.token)).toEqual(digests[n]);
        else {
          expect(outcomeOf(answer)).toEqual([401, 'auth.credentials_wrong']);
          expect(isEmpty(await countsOf(app.owner, all[n]?.userId ?? ''))).toBe(true);
        }
    } finally {
      await ahead.close();
    }
  });

  it('becomes final by itself: every server process looks once an hour', async () => {
    const { token, user } = await api.signUp();
    await remove(token);
    clock.advance(15 * DAY_MS);
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const other = await startTestApp({ database: app.database });
    const hourly = timers.mock.calls.filter(([, ms = 0]) => ms >= 60 * 60_000 && ms <= 70 * 60_000);
    timers.mockRestore();
    try {
      holdClock(other.app, clock.now());
      expect(hourly).toHaveLength(1);
      // An hour later.
      hourly[0]?.[0]();
      for (let n = 0; n < 500 && !isEmpty(await countsOf(app.owner, user.id)); n++) await pause(20);
      expect(isEmpty(await countsOf(app.owner, user.id))).toBe(true);
    } finally {
      await other.close();
    }
  });

  it('of an operator is the same, and keeps the time of the first', async () => {
    const { email, token, user } = await api.signUp();
    const first = await accounts.markDeleted(user.id);
    expect(first).toEqual({ purgeAt: clock.now() + 14 * DAY_MS });
    clock.advance(DAY_MS);
    expect(await accounts.markDeleted(user.id)).toEqual(first);
    expect((await api.get('/api/auth/me', { token })).status).toBe(401);
    expect(await accounts.find(` ${email.toUpperCase()}`)).toMatchObject({
      id: user.id,
      purgeAfterAt: first?.purgeAt,
    });
    expect((await undelete(email)).status).toBe(200);
    expect(await accounts.find(email)).toMatchObject({ deletedAt: null, purgeAfterAt: null });
    expect(await accounts.markDeleted('0193a4f2-6c1e-7b55-9d0a-3f3b2f6f1a11')).toBeNull();
  });
});
