import net from 'node:net';
import { Api, holdClock, newEmail } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { aRoutine } from '../support/portal.js';

const PER_ADDRESS = 20;
const MIB = 1024 * 1024;

/** A connection that says nothing by itself; tells what it was told and when it was closed. */
class Line {
  told = '';
  readonly closed: Promise<string>;
  private readonly socket: net.Socket;

  private constructor(port: number, localAddress: string) {
    this.socket = net.connect({ port, host: '127.0.0.1', localAddress });
    this.socket.on('data', (chunk) => (this.told += chunk.toString()));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve(this.told)));
  }

  static async open(app: TestApp, localAddress = '127.0.0.1'): Promise<Line> {
    const line = new Line(Number(new URL(app.url).port), localAddress);
    await Promise.race([new Promise((resolve) => line.socket.once('connect', resolve)), line.closed]);
    return line;
  }

  say(text: string): void {
    this.socket.write(text);
  }

  /** The first answer, whole enough to have its status. */
  async answer(): Promise<string> {
    while (!this.told.includes('\r\n\r\n')) await new Promise((resolve) => this.socket.once('data', resolve));
    return this.told;
  }

  end(): Promise<string> {
    this.socket.destroy();
    return this.closed;
  }
}

const ASK = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';

describe('connections', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ env: { MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS) } });
  });
  afterAll(() => app.close());

  it('beyond those one address may have are told so and closed, others are not, and places become free', async () => {
    const lines: Line[] = [];
    for (let n = 0; n < PER_ADDRESS; n++) lines.push(await Line.open(app, '127.0.0.2'));
    const refused = await (await Line.open(app, '127.0.0.2')).closed;
    expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 5\r\n/);
    expect(JSON.parse(refused.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      status: 503,
      code: 'server.unavailable',
    });
    const neighbour = await Line.open(app, '127.0.0.3');
    neighbour.say(ASK);
    expect(await neighbour.answer()).toMatch(/^HTTP\/1\.1 200 /);
    await Promise.all([...lines, neighbour].map((line) => line.end()));
    // The server hears of the ends before it hears of what comes after them.
    let answer = '';
    for (let n = 0; n < 50 && !answer.startsWith('HTTP/1.1 200'); n++) {
      const line = await Line.open(app, '127.0.0.2');
      line.say(ASK);
      answer = await Promise.race([line.answer(), line.closed]);
      await line.end();
    }
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('on which a request comes byte by byte are cut when its time is over', async () => {
    const { server } = app;
    const { headersTimeout, requestTimeout } = server;
    [server.headersTimeout, server.requestTimeout] = [200, 400];
    try {
      const [headers, body] = [await Line.open(app), await Line.open(app)];
      headers.say('GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: a');
      body.say(
        'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{',
      );
      const drip = setInterval(() => {
        headers.say('a');
        body.say(' ');
      }, 50);
      const answers = await Promise.all([headers.closed, body.closed]);
      clearInterval(drip);
      for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request.refused"/);
    } finally {
      [server.headersTimeout, server.requestTimeout] = [headersTimeout, requestTimeout];
    }
  });

  it('on which one account sends the better part of several large bodies do not fill the memory', async () => {
    const account = await premiumAccount(app);
    const begin = async () => {
      const line = await Line.open(app);
      line.say(
        `POST /api/sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${60 * MIB}\r\n` +
          `Authorization: Bearer ${account.token}\r\n\r\n`,
      );
      for (let n = 0; n < 40; n++) line.say(' '.repeat(MIB));
      return line;
    };
    const lines = [await begin(), await begin()];
    const refused = await Promise.race(lines.map((line) => line.answer()));
    expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5/);
    const phone = new Phone(app.url, account.token, 'phone');
    const { idMappings } = await phone.request('push', { lastSync: 0, routines: [aRoutine()] });
    expect(Object.keys(idMappings['routines'] ?? {})).toHaveLength(1);
    await Promise.all(lines.map((line) => line.end()));
  });

  it('have the limits that docs/operations/limits.md names', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections } = app.server;
    expect({ headersTimeout, requestTimeout, keepAliveTimeout, timeout, maxConnections }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 75_000,
      timeout: 60_000,
      maxConnections: 10_000,
    });
  });

  it('take a request that expects something nobody knows', async () => {
    const line = await Line.open(app);
    line.say('GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\n\r\n');
    expect(await line.answer()).toMatch(/^HTTP\/1\.1 200 /);
    await line.end();
  });
});

const outcome = async (app: TestApp, headers: Record<string, string>) => {
  const body = { email: newEmail(), password: 'a guess' };
  return (await new Api(app.url).post('/api/auth/login', { body, headers })).status;
};

const forged = (n: number) => ({
  'x-forwarded-for': `198.51.100.${n}`,
  'x-real-ip': `198.51.100.${n}`,
  forwarded: `for=198.51.100.${n}`,
  'cf-connecting-ip': `198.51.100.${n}`,
  'true-client-ip': `198.51.100.${n}`,
});

// The guesser puts any address before its own; the proxies add what they saw.
const chain = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}, 203.0.113.9, 10.1.2.3` });

describe('the address a request comes from', () => {
  const LIMITS = { RATE_LIMIT: 'on', RATE_LIMIT_FAILURES: '5' };

  it('is the connection’s own, whatever the request says, where no proxy is named', async () => {
    const app = await startTestApp({ env: LIMITS });
    holdClock(app.app);
    try {
      for (let n = 0; n < 5; n++) expect(await outcome(app, forged(n))).toBe(401);
      expect(await outcome(app, forged(5))).toBe(429);
    } finally {
      await app.close();
    }
  });

  it('is the last one before the named proxies, and nothing but X-Forwarded-For says so', async () => {
    const app = await startTestApp({ env: { ...LIMITS, TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' } });
    holdClock(app.app);
    try {
      for (let n = 0; n < 5; n++) expect(await outcome(app, chain(n))).toBe(401);
      expect(await outcome(app, chain(5))).toBe(429);
      expect(
        await outcome(app, { ...chain(6), forwarded: 'for=198.51.100.7', 'x-real-ip': '198.51.100.7' }),
      ).toBe(429);
      expect(await outcome(app, { 'x-forwarded-for': '203.0.113.9, 203.0.113.10' })).toBe(401);
    } finally {
      await app.close();
    }
  });
});
