import net from 'node:net';
import zlib from 'node:zlib';
import { AuthService } from '../../src/auth/auth.service.js';
import { startTestApp, type TestApp } from '../support/app.js';

const MIB = 1024 * 1024;

/** Every unsuccessful answer, whatever went wrong and wherever, must have this shape. */
async function expectProblem(answer: Response, status: number, code: string) {
  const text = await answer.text();
  expect({ status: answer.status, text: text.slice(0, 300) }).toMatchObject({ status });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(text) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code, type: `urn:phoenix-portal:error:${code}` });
  expect(problem.error).toBe(problem.title);
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  expect(text).not.toMatch(/node_modules|\.ts\b|\.js:|select |SyntaxError/);
  return problem;
}

describe('hostile and broken requests', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(() => server.close());

  const login = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  const requestIdFor = async (id: string) => {
    const answer = await fetch(`${server.url}/health/live`, { headers: { 'x-request-id': id } });
    return answer.headers.get('x-request-id');
  };
  const documentIn = (encoding: string) =>
    fetch(`${server.url}/api/docs-json`, { headers: { 'accept-encoding': encoding } });

  it.each([
    ['a broken text', '{"email":'],
    ['a number', '5'],
    ['a list', '[]'],
    ['null', 'null'],
    ['two objects', '{}{}'],
    ['a key that would become a prototype', '{"__proto__":{"isAdmin":true}}'],
    ['the same, written in escapes', String.raw`{"\u005f_proto__":{"isAdmin":true}}`],
    ['a constructor with a prototype', '{"constructor":{"prototype":{"isAdmin":true}}}'],
    ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex')],
  ])('refuses %s as a body', async (_, body) => {
    await expectProblem(await login(body), 400, 'request.not_json');
  });

  it('names every faulty place and its rule, but never what was sent', async () => {
    const secret = 'x'.repeat(5000);
    const problem = await expectProblem(
      await login(JSON.stringify({ email: [secret], password: { a: secret } })),
      400,
      'request.invalid',
    );
    expect(problem.errors).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: 'password', code: 'isString' })]),
    );
    expect(JSON.stringify(problem)).not.toContain('xxx');
  });

  it.each([
    ['/api/auth/login', { email: { constructor: 1 }, password: 'x' }],
    ['/api/auth/signup', { email: [{ constructor: {} }], password: 'correct horse battery' }],
    ['/api/auth/signup', { email: '\ud800@example.org', password: 'correct horse battery' }],
  ])('refuses what the checks themselves would trip over: %s %j', async (path, body) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await expectProblem(answer, 400, 'request.invalid');
  });

  it('takes an empty body as an empty object', async () => {
    await expectProblem(await login(''), 400, 'request.invalid');
  });

  it('skips a byte order mark', async () => {
    await expectProblem(await login('\uFEFF{}'), 400, 'request.invalid');
  });

  it('refuses a body that is nested too deep, without running out of stack', async () => {
    for (const depth of [40, 200_000])
      await expectProblem(
        await login(`{"email":${'['.repeat(depth)}${']'.repeat(depth)}}`),
        400,
        'request.invalid',
      );
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    'refuses the content type %s',
    async (type) => {
      await expectProblem(await login('{}', { 'content-type': type }), 415, 'request.unsupported_media_type');
    },
  );

  it('takes JSON with a charset', async () => {
    await expectProblem(
      await login('{}', { 'content-type': 'application/json; charset=utf-8' }),
      400,
      'request.invalid',
    );
  });

  it('unpacks gzip and brotli', async () => {
    for (const [encoding, pack] of Object.entries({ gzip: zlib.gzipSync, br: zlib.brotliCompressSync }))
      await expectProblem(await login(pack('{}'), { 'content-encoding': encoding }), 400, 'request.invalid');
  });

  it.each(['zstd', 'compress', 'gzip, gzip', 'deflate'])(
    'refuses the content encoding %s',
    async (encoding) => {
      await expectProblem(
        await login('{}', { 'content-encoding': encoding }),
        415,
        'request.unsupported_media_type',
      );
    },
  );

  it('refuses a corrupt gzip body', async () => {
    const packed = zlib.gzipSync(JSON.stringify({ email: 'x'.repeat(2000) }));
    const answer = await login(packed.subarray(0, packed.length - 20), { 'content-encoding': 'gzip' });
    await expectProblem(answer, 400, 'request.refused');
    await expectProblem(await login('{}', { 'content-encoding': 'gzip' }), 400, 'request.refused');
  });

  it('names the limit when a body is too large', async () => {
    const problem = await expectProblem(
      await login(JSON.stringify({ email: 'x'.repeat(2 * MIB) })),
      413,
      'request.too_large',
    );
    expect(problem.detail).toMatch(/1 MiB/);
  });

  it('counts a packed body as it is after unpacking, and stops unpacking at the limit', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(200 * MIB, ' '));
    const before = process.memoryUsage().rss;
    const started = Date.now();
    await expectProblem(await login(bomb, { 'content-encoding': 'gzip' }), 413, 'request.too_large');
    expect(Date.now() - started).toBeLessThan(2000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  it('says nothing of an error that nobody foresaw', async () => {
    jest
      .spyOn(server.app.get(AuthService), 'logIn')
      .mockRejectedValueOnce(new TypeError('select password from users at /srv/secret.ts:1:1'));
    const problem = await expectProblem(await login('{"email":"a@b.org","password":"x"}'), 500, 'internal');
    expect(JSON.stringify(problem)).not.toMatch(/password|secret/);
  });

  it('tells a wrong address from a wrong method', async () => {
    await expectProblem(await fetch(`${server.url}/api/nowhere`), 404, 'route.not_found');
    await expectProblem(await fetch(`${server.url}/`), 404, 'route.not_found');
    const answer = await fetch(`${server.url}/api/auth/login?x=1`);
    expect(answer.headers.get('allow')).toBe('POST');
    await expectProblem(answer, 405, 'route.method_not_allowed');
  });

  it('answers OPTIONS with the methods and HEAD without a body', async () => {
    const options = await fetch(`${server.url}/api/auth/login`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST']);
    const head = await fetch(`${server.url}/health/live`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('answers broken paths', async () => {
    for (const path of ['/%zz', '/api/%c0%ae%c0%ae/', `/api/sync/history/sessions/${'x'.repeat(5000)}`]) {
      const answer = await fetch(`${server.url}${path}`);
      expect([400, 401, 404]).toContain(answer.status);
      await expectProblem(answer, answer.status, ((await answer.clone().json()) as { code: string }).code);
    }
  });

  it('keeps a sane request id and replaces any other', async () => {
    expect(await requestIdFor('phone-7.push_42')).toBe('phone-7.push_42');
    expect(await requestIdFor('short')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await requestIdFor('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
    expect(await requestIdFor('{"injected": "line"}')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', 400],
    ['headers of more than 16 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
    [
      'a length and chunks at once',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('answers %s', async (_, bytes, status) => {
    const answer = await sendRaw(Number(new URL(server.url).port), bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'request.refused' });
  });

  it('packs answers over 1 KB for those who can unpack them', async () => {
    const packed = await documentIn('gzip');
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(packed.headers.get('vary')).toMatch(/accept-encoding/i);
    const plain = await documentIn('identity');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.json()).toEqual(await plain.json());
  });
});

function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
