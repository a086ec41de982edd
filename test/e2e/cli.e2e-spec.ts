import { NestFactory } from '@nestjs/core';
import { CliModule } from '../../src/cli/cli.module.js';
import { runCli } from '../../src/cli/run.js';
import { Api, newEmail, type SignedUp } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { AUTHORIZATION, eventOf, RevenueCat } from '../support/revenuecat.js';

describe('the operator’s commands, beside a running server', () => {
  let app: TestApp;
  let api: Api;
  let opened = 0;

  beforeAll(async () => {
    app = await startTestApp({ env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION } });
    api = new Api(app.url);
  });
  afterAll(() => app.close());

  const open = () => {
    opened++;
    return NestFactory.createApplicationContext(CliModule.with(app.env), {
      logger: false,
      abortOnError: false,
    });
  };
  const cli = (line: string) =>
    runCli(
      line.split(' ').filter((word) => word !== ''),
      open,
    );
  const pull = ({ token }: SignedUp) =>
    api.post('/api/sync/pull', { token, body: { deviceId: 'phone', lastSync: 0 } });

  describe('subscription', () => {
    it('grant opens sync, revoke closes it, show tells which', async () => {
      const account = await api.signUp();
      const { email } = account;
      expect(await cli(`subscription show ${email}`)).toEqual({
        exitCode: 0,
        text: `${email}: free; sync is closed now.`,
      });
      expect(await cli(`subscription grant ${email.toUpperCase()}`)).toMatchObject({ exitCode: 0 });
      expect((await pull(account)).status).toBe(200);
      expect((await cli(`subscription show ${email}`)).text).toBe(
        `${email}: premium; sync is open now.\n  OPERATOR; last OPERATOR_GRANT`,
      );
      expect((await cli(`subscription revoke ${email} --reason fraud`)).text).toBe(
        `${email}: free; sync is closed now.\n  OPERATOR, over; last OPERATOR_REVOKE (fraud)`,
      );
      expect((await pull(account)).status).toBe(403);
    });

    it('grant takes an end', async () => {
      const account = await api.signUp();
      const { exitCode, text } = await cli(`subscription grant ${account.email} --until 2099-12-31`);
      expect([exitCode, text]).toEqual([
        0,
        `${account.email}: premium until 2099-12-31T23:59:59.999Z; sync is open now.\n` +
          '  OPERATOR until 2099-12-31T23:59:59.999Z; last OPERATOR_GRANT',
      ]);
      const { body } = await api.get('/api/auth/me', { token: account.token });
      expect(body.subscriptionExpiresAt).toBe(Date.parse('2099-12-31T23:59:59.999Z'));
    });

    it.each(['grant', 'revoke', 'show', 'events'])('%s says so when nobody has the address', async (verb) => {
      const email = newEmail();
      expect(await cli(`subscription ${verb} ${email}`)).toEqual({
        exitCode: 1,
        text: `There is no account with the e-mail address ${email}.`,
      });
    });

    it('events lists who has said what, and show what runs in which store', async () => {
      const { email, user } = await api.signUp();
      expect((await cli(`subscription events ${email}`)).text).toMatch(/nobody has said anything/);
      const at = Date.parse('2099-01-01T00:00:00Z');
      const bought = eventOf(user.id, 'INITIAL_PURCHASE', {
        event_timestamp_ms: at,
        expiration_at_ms: at + 1,
      });
      await new RevenueCat(app.url).tell(bought);
      expect((await cli(`subscription show ${email}`)).text).toBe(
        `${email}: premium until 2099-01-01T00:00:00.001Z; sync is open now.\n` +
          '  APP_STORE com.phoenix.monthly until 2099-01-01T00:00:00.001Z; last INITIAL_PURCHASE',
      );
      await cli(`subscription grant ${email} --reason thanks`);
      expect((await cli(`subscription events ${email}`)).text.split('\n')).toEqual([
        `${email}:`,
        '  2099-01-01T00:00:00.000Z INITIAL_PURCHASE APP_STORE com.phoenix.monthly until 2099-01-01T00:00:00.001Z',
        '  2099-01-01T00:00:00.001Z OPERATOR_GRANT (thanks)',
      ]);
    });

    it.each(['2001-01-01', 'soon'])('grant refuses %s as an end and changes nothing', async (date) => {
      const { email } = await api.signUp();
      expect((await cli(`subscription grant ${email} --until ${date}`)).exitCode).toBe(1);
      expect((await cli(`subscription show ${email}`)).text).toBe(`${email}: free; sync is closed now.`);
    });
  });

  describe('restored', () => {
    it('begins a new epoch, which the next answers carry', async () => {
      const database = app.owner;
      const epoch = async () =>
        (await database.query<{ epoch: string }>({ text: 'select epoch from server_state' }))[0]?.epoch;
      const before = Number(await epoch());
      const first = await cli('restored');
      const after = Number(await epoch());
      expect(after).toBeGreaterThan(before);
      expect(first).toEqual({
        exitCode: 0,
        text: `The new epoch is ${after}: every phone will push everything again.`,
      });
      await cli('restored');
      expect(Number(await epoch())).toBeGreaterThan(after);
    });
  });

  describe('help and wrong use', () => {
    it.each([
      ['--help', 0, /subscription[^]*restored/],
      ['', 1, /subscription[^]*restored/],
      ['subscribe maria@example.org', 1, /subscription[^]*restored/],
      ['subscription --help', 0, /grant EMAIL \[--until DATE\]/],
      ['subscription grant --help', 0, /grant EMAIL \[--until DATE\]/],
      ['restored --help', 0, /backup/],
      ['subscription', 1, /^Say "subscription grant"/],
      ['subscription give maria@example.org', 1, /^Say "subscription grant"/],
      ['subscription show', 1, /^Say whose/],
      ['subscription show a@b.org c@d.org', 1, /one e-mail address/],
      ['subscription show a@b.org --until 2099-01-01', 1, /--until belongs to "grant"/],
      ['subscription show a@b.org --reason x', 1, /--reason belongs/],
      ['subscription grant a@b.org --for 2099-01-01', 1, /--for[^]*Usage:/],
      ['subscription grant a@b.org --until', 1, /--until[^]*Usage:/],
      ['restored now', 1, /now[^]*Usage:/],
    ])('"%s" answers with exit code %d and opens no database', async (line, exitCode, text) => {
      const before = opened;
      const outcome = await cli(line);
      expect(outcome.exitCode).toBe(exitCode);
      expect(outcome.text).toMatch(text);
      expect(opened).toBe(before);
    });
  });
});
