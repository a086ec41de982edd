import { Api, holdClock, newEmail, outcomeOf, PASSWORD } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Mailbox } from '../support/mailbox.js';
import { Scrape } from '../support/scrape.js';
import { setTimeout as pause } from 'node:timers/promises';

const WAIT_MS = 15_000;

interface QueuedRow {
  kind: string;
  attempts: number;
}

const queued = (app: TestApp, userId: string) =>
  app.owner.query<QueuedRow>({
    text: 'select kind, attempts from outgoing_mails where user_id = $1',
    values: [userId],
  });

/** As operators see them. */
async function attempts({ url }: TestApp): Promise<Record<string, number>> {
  const scrape = await Scrape.of(url);
  const count = (outcome: string) => scrape.value('phoenix_mail_attempts_total', { outcome });
  return { sent: count('sent'), delayed: count('delayed'), given_up: count('given_up') };
}

/** Waits until the account's queue is as it should be. */
async function untilQueue(
  app: TestApp,
  userId: string,
  fits: (rows: QueuedRow[]) => boolean,
): Promise<QueuedRow[]> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const rows = await queued(app, userId);
    if (fits(rows)) return rows;
    if (Date.now() > deadline) throw new Error(`the queue stayed ${JSON.stringify(rows)}`);
    await pause(20);
  }
}

describe('e-mail', () => {
  it('arrives with sender, recipient, subject, link, text and HTML, and is then forgotten', async () => {
    const mailbox = await Mailbox.open();
    const app = await startTestApp({ env: mailbox.env });
    try {
      const { email, user } = await new Api(app.url).signUp();
      const mail = await mailbox.waitFor(email, /Confirm/);
      expect(mail.envelope).toEqual({ from: 'portal@example.org', to: [email] });
      expect(Object.fromEntries(mail.headers)).toMatchObject({
        from: 'Phoenix Portal <portal@example.org>',
        to: email,
        subject: 'Confirm your e-mail address',
        'message-id': expect.stringMatching(/^<[0-9a-f-]{36}@example\.org>$/),
        'auto-submitted': 'auto-generated',
        'content-type': expect.stringMatching(/^multipart\/alternative/),
      });
      const link = /https:\/\/portal\.example\.org\/confirm-email#token=[\w-]{64}/.exec(mail.text)?.[0];
      expect(link).toBeDefined();
      expect(mail.html).toContain(`<a href="${link}">`);
      await untilQueue(app, user.id, (rows) => rows.length === 0);
      expect(mailbox.mails).toHaveLength(1);
    } finally {
      await app.close();
      await mailbox.close();
    }
  });

  it('holds nothing of what people call themselves, in no header and in no line', async () => {
    const mailbox = await Mailbox.open();
    const app = await startTestApp({ env: mailbox.env });
    try {
      const email = newEmail();
      const displayName = 'Maria <a@evil.example>, "Bcc: b@evil.example" http://evil.example';
      const body = { email, password: PASSWORD, displayName };
      expect((await new Api(app.url).post('/api/auth/signup', { body })).status).toBe(201);
      const mail = await mailbox.waitFor(email, /Confirm/);
      expect(mail.envelope.to).toEqual([email]);
      expect(mail.raw).not.toMatch(/evil|Maria/);
    } finally {
      await app.close();
      await mailbox.close();
    }
  });

  it.each(["o'neill+gym@example.org", 'a&b=c@example.org', 'x{}|~@example.org'])(
    'goes to %s and nowhere else',
    async (email) => {
      const mailbox = await Mailbox.open();
      const app = await startTestApp({ env: mailbox.env });
      try {
        await new Api(app.url).signUp({ email });
        expect((await mailbox.waitFor(email, /Confirm/)).envelope.to).toEqual([email]);
      } finally {
        await app.close();
        await mailbox.close();
      }
    },
  );

  it('waits for a mail server that is down, survives a restart meanwhile, and no request notices', async () => {
    const gone = await Mailbox.open();
    const { env, port } = gone;
    await gone.close();
    const before = await startTestApp({ env });
    const { email, user } = await new Api(before.url).signUp();
    await untilQueue(before, user.id, ([mail]) => mail?.attempts === 1);
    await before.app.close();
    const mailbox = await Mailbox.open({ port });
    const app = await startTestApp({ env, database: before.database });
    try {
      // A later hour for the server that is started anew, so that nothing waits for the next attempt.
      holdClock(app.app, Date.now() + 60_000);
      const next = await new Api(app.url).signUp();
      await mailbox.waitFor(next.email, /Confirm/);
      await mailbox.waitFor(email, /Confirm/);
      await untilQueue(app, user.id, (rows) => rows.length === 0);
      expect(mailbox.to(email)).toHaveLength(1);
    } finally {
      await app.close();
      await mailbox.close();
      await before.database.drop();
    }
  });

  it('is given up after three days without a mail server', async () => {
    const gone = await Mailbox.open();
    await gone.close();
    const app = await startTestApp({ env: gone.env });
    try {
      const clock = holdClock(app.app);
      const api = new Api(app.url);
      const { user } = await api.signUp();
      await untilQueue(app, user.id, ([mail]) => mail?.attempts === 1);
      clock.advance(3 * 86_400_000);
      // Its e-mail wakes whoever sends them.
      await api.signUp();
      await untilQueue(app, user.id, (rows) => rows.length === 0);
      expect(await attempts(app)).toEqual({ sent: 0, delayed: expect.any(Number), given_up: 1 });
    } finally {
      await app.close();
    }
  });

  it('is sent by one of two servers', async () => {
    const mailbox = await Mailbox.open();
    const here = await startTestApp({ env: mailbox.env });
    const there = await startTestApp({ env: mailbox.env, database: here.database });
    try {
      const apis = [new Api(here.url), new Api(there.url)];
      const signedUp = await Promise.all(Array.from({ length: 12 }, (_, n) => apis[n % 2]?.signUp()));
      for (const account of signedUp) await mailbox.waitFor(account?.email ?? '', /Confirm/);
      for (const account of signedUp) {
        await untilQueue(here, account?.user.id ?? '', (rows) => rows.length === 0);
        expect(mailbox.to(account?.email ?? '')).toHaveLength(1);
      }
    } finally {
      await there.close();
      await here.close();
      await mailbox.close();
    }
  });

  it('is not given to a server whose certificate nobody vouches for, nor to one without TLS', async () => {
    for (const disabledCommands of [['AUTH'], ['AUTH', 'STARTTLS']]) {
      const mailbox = await Mailbox.open({ disabledCommands });
      const app = await startTestApp({ env: { ...mailbox.env, SMTP_TLS: 'required' } });
      try {
        const { user } = await new Api(app.url).signUp();
        await untilQueue(app, user.id, ([mail]) => mail?.attempts === 1);
        expect(mailbox.mails).toEqual([]);
      } finally {
        await app.close();
        await mailbox.close();
      }
    }
  });

  it('to an address that does not exist is given up, and the next ones go on', async () => {
    const nobody = newEmail();
    const mailbox = await Mailbox.open({ refused: [nobody] });
    const app = await startTestApp({ env: mailbox.env });
    try {
      const api = new Api(app.url);
      const { user } = await api.signUp({ email: nobody });
      const { email } = await api.signUp();
      await mailbox.waitFor(email, /Confirm/);
      await untilQueue(app, user.id, (rows) => rows.length === 0);
      expect(mailbox.mails).toHaveLength(1);
      expect(await attempts(app)).toEqual({ sent: 1, delayed: 0, given_up: 1 });
    } finally {
      await app.close();
      await mailbox.close();
    }
  });

  it('signs in to the mail server with what SMTP_URL says', async () => {
    let seen: unknown;
    const mailbox = await Mailbox.open({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) => {
        seen = { username, password };
        done(null, { user: username });
      },
    });
    const SMTP_URL = `smtp://portal%40example.org:p%3Aw%2F@127.0.0.1:${mailbox.port}`;
    const app = await startTestApp({ env: { ...mailbox.env, SMTP_URL } });
    try {
      const { email } = await new Api(app.url).signUp();
      await mailbox.waitFor(email, /Confirm/);
      expect(seen).toEqual({ username: 'portal@example.org', password: 'p:w/' });
    } finally {
      await app.close();
      await mailbox.close();
    }
  });
});

describe('without a mail server', () => {
  it('production says that no e-mail can come, and does everything else', async () => {
    const app = await startTestApp({ env: { NODE_ENV: 'production' } });
    try {
      const api = new Api(app.url);
      const { email, token, user } = await api.signUp();
      const forgot = await api.post('/api/auth/password/forgot', { body: { email } });
      expect(outcomeOf(forgot)).toEqual([501, 'mail.not_configured']);
      const again = await api.post('/api/auth/email/confirmation', { token });
      expect(outcomeOf(again)).toEqual([501, 'mail.not_configured']);
      const moved = await api.patch('/api/auth/me', {
        token,
        body: { email: newEmail(), currentPassword: PASSWORD },
      });
      expect(moved.status).toBe(200);
      expect(await queued(app, user.id)).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
