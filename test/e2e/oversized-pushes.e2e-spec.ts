import { gzipSync } from 'node:zlib';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, premiumAccount } from '../support/phone.js';

const MIB = 1024 * 1024;

const withRoutines = (list: string) => gzipSync(`{"deviceId":"phone","lastSync":0,"routines":[${list}]}`);

/** Little to send, much to look at: refused before it is looked at record by record. */
describe('pushes that are small on the way and large when they are unpacked', () => {
  let app: TestApp;
  let account: Account;
  beforeAll(async () => {
    app = await startTestApp();
    account = await premiumAccount(app);
  });
  afterAll(() => app.close());

  const push = async (packed: Buffer<ArrayBuffer>) => {
    const answer = await fetch(`${app.url}/api/sync/push`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: `Bearer ${account.token}`,
      },
      body: packed,
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  it.each([
    ['a million empty records', '{},'.repeat(999_999) + '{}'],
    ['a million numbers in place of records', '0,'.repeat(999_999) + '0'],
    ['one more than a push may have', '0,'.repeat(120_000) + '0'],
  ])('are refused, with the limit named, for %s', async (_, list) => {
    const before = process.memoryUsage().rss;
    const { status, body } = await push(withRoutines(list));
    expect([status, body.code, body.detail]).toEqual([
      413,
      'request.too_large',
      expect.stringContaining('120000'),
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
  });

  it('are taken up to that limit, and each refused record is kept once', async () => {
    const { status, body } = await push(withRoutines('{},'.repeat(4999) + '{}'));
    expect([status, body.rejected.length]).toEqual([200, 5000]);
    const kept = await new Api(app.url).get('/api/sync/rejected', { token: account.token });
    expect(kept.body.rejected).toHaveLength(1);
  });

  it('are refused for an object of too many keys, wherever it stands', async () => {
    const keys = Array.from({ length: 20_001 }, (_, n) => `"k${n}":1`).join(',');
    for (const packed of [gzipSync(`{"deviceId":"phone",${keys}}`), withRoutines(`{${keys}}`)]) {
      const { status, body } = await push(packed);
      expect([status, body.code, body.detail]).toEqual([
        400,
        'request.invalid',
        expect.stringContaining('20000 keys'),
      ]);
    }
  });

  it('are refused for what many packed pieces add up to', async () => {
    const piece = gzipSync(' '.repeat(MIB));
    const { status, body } = await push(Buffer.concat(Array.from({ length: 80 }, () => piece)));
    expect([status, body.code]).toEqual([413, 'request.too_large']);
  });

  it('name the limit to phones', async () => {
    const { body } = await new Api(app.url).get('/api/sync/limits', { token: account.token });
    expect(body.maxRecordsPerPush).toBe(120_000);
  });
});
