import { startTestApp, type TestApp } from '../support/app.js';
import { operatorOf } from '../support/operator.js';
import { aSet, portalOf, type Portal } from '../support/portal.js';

describe('the operator and the devices of an account', () => {
  let app: TestApp;
  let account: Portal;
  let cli: ReturnType<typeof operatorOf>;
  beforeAll(async () => {
    app = await startTestApp();
    account = await portalOf(app);
    cli = operatorOf(app);
  });
  afterAll(() => app.close());

  it('lists nothing before a device has synced, then the device with its name and no control characters', async () => {
    expect(await cli(['devices', 'list', account.email])).toMatchObject({
      exitCode: 0,
      text: expect.stringContaining('has ever synced'),
    });
    await account.phone.request('push', { deviceName: 'Maria’s \u001b[31mphone', sessions: [aSet()] });
    const { text } = await cli(['devices', 'list', account.email.toUpperCase()]);
    expect(text).toContain(account.phone.deviceId);
    expect(text).toContain('Maria’s \ufffd[31mphone');
    expect(text).not.toContain('\u001b');
  });

  it('revokes a device, and allows it again, by e-mail address or by id of the account', async () => {
    const { deviceId } = account.phone;
    expect(await cli(['devices', 'revoke', account.email, deviceId])).toMatchObject({ exitCode: 0 });
    expect(await account.phone.send('/api/sync/pull', {})).toMatchObject({
      status: 403,
      body: { code: 'sync.device_revoked' },
    });
    expect((await cli(['devices', 'list', account.email])).text).toMatch(
      /\d{4}-\d\d-\d\dT\S+Z {2}\d{4}-\d\d-\d\dT\S+Z$/m,
    );
    expect(await cli(['devices', 'allow', account.userId, deviceId])).toMatchObject({ exitCode: 0 });
    expect(await account.phone.send('/api/sync/pull', {})).toMatchObject({ status: 200 });
  });

  it.each([
    [['devices'], /^Say "devices list"/],
    [['devices', 'list'], /^Say whose devices/],
    [['devices', 'list', 'nobody@example.org'], /no account with the e-mail address nobody@example\.org/],
    [['devices', 'list', '00000000-0000-4000-8000-000000000000'], /^There is no account 00000000/],
    [['devices', 'revoke', 'a@b.org'], /^Say which device/],
    [['devices', 'list', 'a@b.org', 'phone'], /too much/],
    [['devices', 'revoke', '{email}', 'toaster'], /has no device toaster/],
  ])('%j is answered with what is wrong', async (words, message) => {
    const outcome = await cli(words.map((word) => (word === '{email}' ? account.email : word)));
    expect(outcome.exitCode).toBe(1);
    expect(outcome.text).toMatch(message);
  });
});
