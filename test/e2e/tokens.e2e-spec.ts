import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { Api, holdClock, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

const DAY_MS = 86_400_000;

describe('tokens', () => {
  let app: TestApp;
  let api: Api;
  let clock: ReturnType<typeof holdClock>;

  beforeAll(async () => {
    app = await startTestApp();
    api = new Api(app.url);
    clock = holdClock(app.app);
  });
  afterAll(() => app.close());

  const me = (token: string) => api.get('/api/auth/me', { token });
  const refresh = (refreshToken: string) => api.post('/api/auth/refresh', { body: { refreshToken } });
  const exchange = (refreshToken: string, attempt: unknown) =>
    api.post('/api/auth/refresh', { body: { refreshToken, attempt } });

  const liveTokens = (userId: string) =>
    app.owner.query({
      text: 'select token_hash from refresh_tokens where user_id = $1 and used_at is null',
      values: [userId],
    });

  describe('an access token', () => {
    it('opens the routes of its account', async () => {
      const { token, email } = await api.signUp();
      expect((await me(token)).body.email).toBe(email);
    });

    it('is asked for when it is missing', async () => {
      expect(outcomeOf(await api.get('/api/auth/me'))).toEqual([401, 'auth.token_missing']);
      const basic = await api.get('/api/auth/me', { headers: { authorization: 'Basic bWFyaWE6cHc=' } });
      expect(outcomeOf(basic)).toEqual([401, 'auth.token_missing']);
      expect(basic.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('expires after its days, to the second', async () => {
      const { token } = await api.signUp();
      clock.advance(7 * DAY_MS - 1000);
      expect((await me(token)).status).toBe(200);
      clock.advance(1000);
      expect(outcomeOf(await me(token))).toEqual([401, 'auth.token_expired']);
    });

    it.each<[string, (genuine: Token) => string]>([
      ['text', () => 'nonsense'],
      ['three parts of nothing', () => '..'],
      ['a token without signature', ({ header, payload }) => `${header}.${payload}.`],
      ['algorithm none', ({ claims }) => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`],
      ['another algorithm with our secret', ({ claims }) => sign(claims, { alg: 'HS512' })],
      ['an asymmetric algorithm', ({ claims }) => sign(claims, { alg: 'RS256' })],
      ['another secret', ({ claims }) => sign(claims, { secret: 'another-secret-of-forgers-long-enough' })],
      ['an empty secret', ({ claims }) => sign(claims, { secret: '' })],
      [
        'another user',
        ({ header, claims, signature }) =>
          `${header}.${encode({ ...claims, sub: randomUUID() })}.${signature}`,
      ],
      ['another type', ({ claims }) => sign({ ...claims, typ: 'refresh' })],
      ['no type', ({ claims }) => sign({ ...claims, typ: undefined })],
      ['another issuer', ({ claims }) => sign({ ...claims, iss: 'somebody' })],
      ['no issuer', ({ claims }) => sign({ ...claims, iss: undefined })],
      ['another audience', ({ claims }) => sign({ ...claims, aud: 'another-api' })],
      ['no audience', ({ claims }) => sign({ ...claims, aud: undefined })],
      ['no expiry', ({ claims }) => sign({ ...claims, exp: undefined })],
      ['an expiry that is text', ({ claims }) => sign({ ...claims, exp: '9999999999' })],
      ['a user that is no uuid', ({ claims }) => sign({ ...claims, sub: "' or 1=1 --" })],
      ['a sign-in that is no uuid', ({ claims }) => sign({ ...claims, sid: 7 })],
    ])('is refused with %s', async (_, forge) => {
      const { token } = await api.signUp();
      expect(outcomeOf(await me(forge(taken(token))))).toEqual([401, 'auth.token_invalid']);
    });

    it('is refused for a sign-in of another account', async () => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      const { claims } = taken(maria.token);
      const mixed = sign({ ...claims, sid: taken(joe.token).claims.sid });
      expect(outcomeOf(await me(mixed))).toEqual([401, 'auth.token_revoked']);
    });

    it('is not replaced by a refresh token, nor the other way round', async () => {
      const { token, refreshToken } = await api.signUp();
      expect(outcomeOf(await me(refreshToken))).toEqual([401, 'auth.token_invalid']);
      expect(outcomeOf(await refresh(token))).toEqual([401, 'auth.refresh_token_invalid']);
    });

    it('made by hand with our secret and right claims is accepted, which is what makes the refusals above mean something', async () => {
      const { token } = await api.signUp();
      expect((await me(sign(taken(token).claims))).status).toBe(200);
    });
  });

  describe('a refresh token', () => {
    it('is exchanged for a new pair in the shape of a log-in, also after the access token has expired', async () => {
      const { email: _, password: __, ...signedUp } = await api.signUp();
      clock.advance(8 * DAY_MS);
      const { status, body } = await refresh(signedUp.refreshToken);
      expect(status).toBe(200);
      expect(body).toEqual({ ...signedUp, token: expect.any(String), refreshToken: expect.any(String) });
      expect(body.refreshToken).not.toBe(signedUp.refreshToken);
      expect((await me(body.token)).status).toBe(200);
    });

    it('leaves the access token before it alone', async () => {
      const { token, refreshToken } = await api.signUp();
      await refresh(refreshToken);
      expect((await me(token)).status).toBe(200);
    });

    it('may come once more when the answer to it was lost', async () => {
      const { refreshToken } = await api.signUp();
      await refresh(refreshToken);
      clock.advance(10_000);
      const again = await refresh(refreshToken);
      expect(again.status).toBe(200);
      clock.advance(DAY_MS);
      const next = await refresh(again.body.refreshToken);
      expect(next.status).toBe(200);
      expect((await me(next.body.token)).status).toBe(200);
    });

    it('may not come again after ten seconds: that ends the sign-in, access tokens included', async () => {
      const { refreshToken } = await api.signUp();
      const { body: second } = await refresh(refreshToken);
      clock.advance(10_001);
      expect(outcomeOf(await refresh(refreshToken))).toEqual([401, 'auth.token_reused']);
      expect(outcomeOf(await me(second.token))).toEqual([401, 'auth.token_revoked']);
      expect(outcomeOf(await refresh(second.refreshToken))).toEqual([401, 'auth.token_revoked']);
    });

    it('may not come again once its successor was used, however soon', async () => {
      const { token, refreshToken } = await api.signUp();
      const { body: second } = await refresh(refreshToken);
      const { body: third } = await refresh(second.refreshToken);
      expect(outcomeOf(await refresh(refreshToken))).toEqual([401, 'auth.token_reused']);
      for (const dead of [token, second.token, third.token])
        expect(outcomeOf(await me(dead))).toEqual([401, 'auth.token_revoked']);
      expect(outcomeOf(await refresh(third.refreshToken))).toEqual([401, 'auth.token_revoked']);
    });

    describe('with a named attempt', () => {
      it('gets the same successor again however long the answer was lost', async () => {
        const { refreshToken, user } = await api.signUp();
        const lost = await exchange(refreshToken, 'attempt-1');
        clock.advance(60 * DAY_MS);
        const again = await exchange(refreshToken, 'attempt-1');
        expect([again.status, again.body.refreshToken]).toEqual([200, lost.body.refreshToken]);
        expect((await me(again.body.token)).status).toBe(200);
        expect(await liveTokens(user.id)).toHaveLength(1);
        expect((await exchange(again.body.refreshToken, 'attempt-2')).status).toBe(200);
      });

      it('gets one successor when it comes several times at once', async () => {
        const { refreshToken, user } = await api.signUp();
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => exchange(refreshToken, 'attempt-1')),
        );
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
        expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
        expect(await liveTokens(user.id)).toHaveLength(1);
      });

      it.each([
        ['another attempt', 'attempt-2'],
        ['no attempt', undefined],
        ['a null', null],
      ])('is a replay after ten seconds with %s', async (_, attempt) => {
        const { refreshToken } = await api.signUp();
        const { body: second } = await exchange(refreshToken, 'attempt-1');
        clock.advance(10_001);
        expect(outcomeOf(await exchange(refreshToken, attempt))).toEqual([401, 'auth.token_reused']);
        expect(outcomeOf(await me(second.token))).toEqual([401, 'auth.token_revoked']);
      });

      it('is a replay once its successor was used', async () => {
        const { refreshToken } = await api.signUp();
        const { body: second } = await exchange(refreshToken, 'attempt-1');
        await exchange(second.refreshToken, 'attempt-2');
        expect(outcomeOf(await exchange(refreshToken, 'attempt-1'))).toEqual([401, 'auth.token_reused']);
      });

      it('gets another successor within ten seconds when a second attempt had passed over the first', async () => {
        const { refreshToken, user } = await api.signUp();
        const answers = [];
        for (const attempt of ['attempt-1', 'attempt-2', undefined, 'attempt-1'])
          answers.push(await exchange(refreshToken, attempt));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
        expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(4);
        expect(await liveTokens(user.id)).toHaveLength(1);
        expect((await refresh(answers[3].body.refreshToken)).status).toBe(200);
      });

      it('is refused after the sign-in was ended', async () => {
        const { refreshToken } = await api.signUp();
        const { body: second } = await exchange(refreshToken, 'attempt-1');
        await api.post('/api/auth/logout', { token: second.token });
        expect(outcomeOf(await exchange(refreshToken, 'attempt-1'))).toEqual([401, 'auth.token_revoked']);
      });

      it.each([
        ['a number', 5],
        ['empty', ''],
        ['longer than 128', 'x'.repeat(129)],
        ['a NUL', '\0'],
      ])('refuses an attempt that is %s', async (_, attempt) => {
        const { refreshToken } = await api.signUp();
        expect(outcomeOf(await exchange(refreshToken, attempt))).toEqual([400, 'request.invalid']);
        expect((await exchange(refreshToken, 'x'.repeat(128))).status).toBe(200);
      });
    });

    it('that was passed over betrays a copy when it turns up later', async () => {
      const { refreshToken } = await api.signUp();
      const { body: lost } = await refresh(refreshToken);
      const { body: kept } = await refresh(refreshToken);
      clock.advance(10_001);
      expect(outcomeOf(await refresh(lost.refreshToken))).toEqual([401, 'auth.token_reused']);
      expect(outcomeOf(await me(kept.token))).toEqual([401, 'auth.token_revoked']);
    });

    it('ends only its own sign-in when it is replayed', async () => {
      const { email, password, refreshToken } = await api.signUp();
      const { body: tablet } = await api.post('/api/auth/login', { body: { email, password } });
      await refresh(refreshToken);
      clock.advance(60_000);
      expect((await refresh(refreshToken)).status).toBe(401);
      expect((await me(tablet.token)).status).toBe(200);
      expect((await refresh(tablet.refreshToken)).status).toBe(200);
    });

    it('sent several times at once leaves one live token, and nobody is logged out', async () => {
      const { refreshToken, user } = await api.signUp();
      const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(refreshToken)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await liveTokens(user.id)).toHaveLength(1);
      for (const { body } of answers) expect((await me(body.token)).status).toBe(200);
    });

    it('expires when it is not used for its days', async () => {
      const { refreshToken } = await api.signUp();
      clock.advance(90 * DAY_MS - 1);
      const { status, body } = await refresh(refreshToken);
      expect(status).toBe(200);
      clock.advance(90 * DAY_MS);
      expect(outcomeOf(await refresh(body.refreshToken))).toEqual([401, 'auth.refresh_token_invalid']);
    });

    it.each([
      ['unknown', () => randomBytes(48).toString('base64url')],
      ['cut', (token: string) => token.slice(0, -1)],
      ['of another account', (token: string, other: string) => other.slice(0, 20) + token.slice(20)],
      ['empty', () => ''],
      ['a NUL', () => '\0'],
    ])('is refused when it is %s', async (_, spoil) => {
      const [maria, joe] = [await api.signUp(), await api.signUp()];
      const answer = await refresh(spoil(maria.refreshToken, joe.refreshToken));
      expect(outcomeOf(answer)).toEqual([401, 'auth.refresh_token_invalid']);
      expect((await refresh(maria.refreshToken)).status).toBe(200);
    });

    it('must be text', async () => {
      expect(outcomeOf(await api.post('/api/auth/refresh', { body: { refreshToken: 5 } }))).toEqual([
        400,
        'request.invalid',
      ]);
    });

    it('is known to the database by its hash only', async () => {
      const { refreshToken, user } = await api.signUp();
      const secret = Buffer.from(refreshToken, 'base64url').subarray(16);
      const [row] = await app.owner.query<{ dump: string }>({
        text: "select string_agg(t::text, ' ') as dump from refresh_tokens t where user_id = $1",
        values: [user.id],
      });
      expect(row?.dump).toContain(user.id);
      expect(row?.dump).not.toContain(secret.toString('hex'));
    });

    it('and its family are swept away once all have expired', async () => {
      const { email, password, user } = await api.signUp();
      clock.advance(90 * DAY_MS + 1);
      await api.post('/api/auth/login', { body: { email, password } });
      for (const table of ['auth_sessions', 'refresh_tokens']) {
        const text = `select 1 from ${table} where user_id = $1`;
        expect(await app.owner.query({ text, values: [user.id] })).toHaveLength(1);
      }
    });
  });

  /** Signs by hand, so that a fault of the library cannot hide itself. */
  function sign(claims: object, { alg = 'HS256', secret = app.env.jwtSecret } = {}): string {
    const body = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
    const digest = alg === 'HS512' ? 'sha512' : 'sha256';
    return `${body}.${createHmac(digest, secret).update(body).digest('base64url')}`;
  }

  function taken(token: string): Token {
    const [header = '', payload = '', signature = ''] = token.split('.');
    return { header, payload, signature, claims: app.app.get(JwtService, { strict: false }).decode(token) };
  }
});

interface Token {
  header: string;
  payload: string;
  signature: string;
  claims: Record<string, unknown>;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
