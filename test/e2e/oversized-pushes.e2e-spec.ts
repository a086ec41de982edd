import net from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, premiumAccount } from '../support/phone.js';

const MIB = 1024 * 1024;

const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const keysFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => `"k${first + n}":1`).join(',');

/** A request as it goes over the wire. */
const post = (body: Buffer, more = '') =>
  Buffer.concat([
    Buffer.from(
      'POST /api/auth/login HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n' +
        `content-encoding: gzip\r\ncontent-length: ${body.length}\r\n${more}\r\n`,
    ),
    body,
  ]);

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

  const push = async (packed: Buffer<ArrayBuffer>, encoding = 'gzip') => {
    const answer = await fetch(`${app.url}/api/sync/push`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': encoding,
        authorization: `Bearer ${account.token}`,
      },
      body: packed,
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };

  it.each([
    ['a million empty records', '{},'.repeat(999_999) + '{}', '200000'],
    ['a million numbers in place of records', '0,'.repeat(999_999) + '0', '200000'],
    ['one more than a push may have', '0,'.repeat(120_000) + '0', '120000'],
  ])('are refused, with the limit named, for %s', async (_, list, limit) => {
    const before = process.memoryUsage().rss;
    const { status, body } = await push(withRoutines(list));
    expect([status, body.code, body.detail]).toEqual([
      413,
      'request.too_large',
      expect.stringContaining(limit),
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

  it.each([
    ['empty lists', '[],'.repeat(10 * MIB) + '[]', [413, 'request.too_large']],
    ['lists of lists', `[${'[],'.repeat(150_000)}[]],`.repeat(5) + '0', [400, 'request.invalid']],
    ['levels', '['.repeat(10 * MIB), [400, 'request.invalid']],
    [
      'keys',
      Array.from({ length: 10 }, (_, n) => `{${keysFrom(n * 10_000, 10_000)}}`).join(),
      [400, 'request.invalid'],
    ],
    ['one text', `"${'a'.repeat(20 * MIB)}"`, [413, 'request.too_large']],
  ])('are refused before they are parsed for very many or long %s', async (_, list, refusal) => {
    const { status, body } = await push(withRoutines(list));
    expect([status, body.code]).toEqual(refusal);
  });

  it.each([
    ['that says what it holds', (whole: string) => [gzipSync(whole)], 'gzip'],
    // Two gzips are one (RFC 1952 §2.2), and the last one says that there is little.
    ['that denies it', (whole: string) => [gzipSync(whole), gzipSync(' ')], 'gzip'],
    ['that says nothing', (whole: string) => [brotliCompressSync(whole, FAST)], 'br'],
  ])('are refused for 100 MiB in a body %s', async (_, pack, encoding) => {
    const { status, body } = await push(Buffer.concat(pack(' '.repeat(100 * MIB))), encoding);
    expect([status, body.code]).toEqual([413, 'request.too_large']);
  });

  it('are refused to who sends on, and the connection serves what comes behind them', async () => {
    const socket = net.connect(Number(new URL(app.url).port), '127.0.0.1');
    const [large, small] = [post(gzipSync(' '.repeat(100 * MIB))), post(gzipSync('{}'))];
    const last = post(gzipSync('{}'), 'connection: close\r\n');
    socket.write(Buffer.concat([large, post(Buffer.alloc(3 * MIB, ' ')), small, last]));
    const said = (await text(socket)).match(/HTTP\/1.1 \d+|"code":"request[^"]+"/g);
    const tooLarge = ['HTTP/1.1 413', '"code":"request.too_large"'];
    const invalid = ['HTTP/1.1 400', '"code":"request.invalid"'];
    expect(said).toEqual([...tooLarge, ...tooLarge, ...invalid, ...invalid]);
  });

  it('give their answer to a client that is still sending', async () => {
    for (let n = 0; n < 10; n++) {
      const { status, body } = await push(Buffer.alloc(65 * MIB, ' '), 'identity');
      expect([status, body.code]).toEqual([413, 'request.too_large']);
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
