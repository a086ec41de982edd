import { gunzipSync } from 'node:zlib';
import { PASSWORD } from '../../../test/support/api.js';
import { aSession, Bench, codeOf, errorOf } from './bench.js';
import { type Fault, halfAnAnswer, json, offline, page, problem, silence } from './network.js';

const PUSH = '/api/sync/push';
const PULL = '/api/sync/pull';

describe('the answers of a portal', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  const push = { deviceId: 'phone' };
  const bigPush = () => ({ ...push, sessions: Array.from({ length: 30 }, () => aSession()) });

  describe('that are errors', () => {
    it('are given with code, title, status, faulty places and request id', async () => {
      const { api } = await bench.signedIn();
      const error = await errorOf(api.push({ deviceId: '' }));
      expect(error).toMatchObject({
        name: 'PortalError',
        code: 'request.invalid',
        title: 'The request is not valid',
        message: 'The request is not valid',
        status: 400,
        retryable: false,
        retryAfterMs: null,
        errors: [{ path: 'deviceId', code: expect.any(String), message: expect.any(String) }],
      });
      expect(error.detail).toMatch(/errors/);
      expect(error.requestId).toMatch(/^[\w.-]{8,64}$/);
    });

    it('are told apart by whether they may go away', async () => {
      const { api, network } = await bench.signedIn();
      for (const [status, retryable] of [
        [400, false],
        [403, false],
        [404, false],
        [408, true],
        [409, false],
        [413, false],
        [425, true],
        [429, true],
        [500, true],
        [502, true],
        [503, true],
        [504, true],
      ] as const) {
        network.harm(PUSH, problem(status, 'some.code'));
        const error = await errorOf(api.push(push));
        expect([error.status, error.retryable]).toEqual([status, retryable]);
      }
    });

    it('say how long to wait, in seconds or as a date by the portal’s clock', async () => {
      const { api, network } = await bench.signedIn({ now: () => Date.parse('2026-01-01T00:00:00Z') });
      for (const [headers, expected] of [
        [{ 'retry-after': '7' }, 7000],
        [{ 'retry-after': '0' }, 0],
        [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
        [
          {
            'retry-after': 'Fri, 02 Jan 2026 00:00:30 GMT',
            date: 'Fri, 02 Jan 2026 00:00:00 GMT',
          },
          30_000,
        ],
        [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
        [{ 'retry-after': 'soon' }, null],
        [{}, null],
      ] as [Record<string, string>, number | null][]) {
        network.harm(PUSH, problem(503, 'sync.busy', headers));
        expect((await errorOf(api.push(push))).retryAfterMs).toBe(expected);
        network.harm(PUSH, page(503, headers));
        expect((await errorOf(api.push(push))).retryAfterMs).toBe(expected);
      }
    });

    it('never show a token or a password', async () => {
      const { api, tokens, network, email } = await bench.signedIn();
      const held = await tokens.read();
      const secrets = [held?.token, held?.refreshToken, PASSWORD] as string[];
      const shown: string[] = [];
      const look = async (call: Promise<unknown>) => {
        const error = await errorOf(call);
        shown.push(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)} ${error.message}`);
      };
      for (const fault of [offline, page(401), problem(500, 'internal'), json(200, {})]) {
        network.harm('/api/', fault, 2);
        await look(api.push(push));
        await look(api.logIn({ email, password: PASSWORD }));
        network.heal();
      }
      for (const secret of secrets) expect(shown.join()).not.toContain(secret);
    });
  });

  describe('that are not the portal’s', () => {
    it.each<[string, Fault]>([
      ['a page', page(200)],
      ['a page that calls itself created', page(201)],
      ['a redirect', page(302, { location: '/login' })],
      ['a page with 401', page(401)],
      ['a page with 511', page(511)],
      ['no content', () => Promise.resolve(new Response(null, { status: 204 }))],
      ['not modified', () => Promise.resolve(new Response(null, { status: 304 }))],
      ['accepted, but later', json(202, { syncTime: 1, epoch: 1 })],
      ['JSON of another shape', json(200, { status: 'ok' })],
      ['a text', json(200, 'ok')],
      ['null', json(200, null)],
      ['a list', json(200, [])],
      ['JSON that calls itself text', json(200, { syncTime: 1 }, { 'content-type': 'text/plain' })],
      ['an empty body', () => Promise.resolve(emptyJson())],
      ['half of JSON', () => Promise.resolve(new Response('{"syncTime":', { headers: JSON_TYPE }))],
      ['a problem without code', json(400, { title: 'x' }, { 'content-type': 'application/problem+json' })],
      ['a problem that is no JSON', page(400, { 'content-type': 'application/problem+json' })],
    ])('never count as success: %s', async (_, fault) => {
      const { api, network } = await bench.signedIn();
      for (const call of [() => api.push(push), () => api.pull(push)]) {
        network.harm('/api/sync', fault);
        const error = await errorOf(call());
        expect([error.code, error.retryable]).toEqual(['client.bad_answer', true]);
        expect((await api.push(push)).rejected).toEqual([]);
      }
    });

    it('do not sign anybody in', async () => {
      const { api, tokens, network } = bench.phone();
      network.harm('/api/auth/login', json(200, { token: 'x' }));
      expect(await codeOf(api.logIn({ email: 'a@b.example', password: PASSWORD }))).toBe('client.bad_answer');
      expect(await tokens.read()).toBeNull();
    });

    it('are not followed elsewhere: a redirect gets neither body nor token', async () => {
      const { api, network } = await bench.signedIn();
      network.harm(PUSH, (send) => send());
      await api.push(push);
      expect(network.seen.every(({ path }) => path.startsWith('/api/'))).toBe(true);
      network.harm(PUSH, () => fetch(`${bench.app.url}/api/docs`, { redirect: 'manual' }));
      expect(await codeOf(api.push(push))).toBe('client.bad_answer');
    });
  });

  describe('that do not come', () => {
    it.each<[string, Fault]>([
      ['from a server that is silent', silence],
      ['whole', halfAnAnswer],
    ])('in time %s', async (_, fault) => {
      const { api, network } = await bench.signedIn();
      network.harm(PULL, fault);
      const error = await errorOf(api.pull(push, { timeoutMs: 20 }));
      expect([error.code, error.retryable, error.status]).toEqual(['client.timeout', true, null]);
      expect((await api.pull(push)).hasMore).toBe(false);
    });

    it.each<[string, Fault]>([
      ['from a server that is silent', silence],
      ['whole', halfAnAnswer],
    ])('before the caller gave up: %s', async (_, fault) => {
      const { api, network } = await bench.signedIn();
      const stop = new AbortController();
      network.harm(PULL, (send) => {
        queueMicrotask(() => stop.abort());
        return fault(send);
      });
      const error = await errorOf(api.pull(push, { signal: stop.signal }));
      expect([error.code, error.retryable]).toEqual(['client.aborted', false]);
    });

    it('are not waited for by a caller who had given up before: nothing is sent', async () => {
      const { api, network } = await bench.signedIn();
      expect(await codeOf(api.push(push, { signal: AbortSignal.abort() }))).toBe('client.aborted');
      expect(network.requests(PUSH)).toEqual([]);
    });

    it('because there is no network', async () => {
      const { api, network } = await bench.signedIn();
      network.harm(PUSH, offline);
      const error = await errorOf(api.push(push));
      expect([error.code, error.retryable, error.status]).toEqual(['client.offline', true, null]);
      expect(error.cause).toBeInstanceOf(TypeError);
    });

    it('leave no timer and no listener behind', async () => {
      const { api } = await bench.signedIn({ timeoutMs: Infinity });
      const stop = new AbortController();
      const listeners = jest.spyOn(stop.signal, 'removeEventListener');
      await api.push(push, { signal: stop.signal });
      expect(listeners).toHaveBeenCalledTimes(1);
    });
  });

  describe('to packed bodies', () => {
    it('are those to plain ones: the server unpacks what is long', async () => {
      const { api, network } = await bench.signedIn();
      const body = bigPush();
      const answer = await api.push(body);
      expect(Object.keys(answer.idMappings.sessions ?? {})).toHaveLength(30);
      const [sent] = network.requests(PUSH);
      expect(sent.headers.get('content-encoding')).toBe('gzip');
      expect(JSON.parse(gunzipSync(sent.body as Uint8Array).toString())).toEqual(body);
      await api.push(push);
      expect(network.requests(PUSH)[1].headers.get('content-encoding')).toBeNull();
    });

    it('come to the program’s own packing too', async () => {
      const { gzipSync } = await import('node:zlib');
      const gzip = jest.fn((bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)));
      const { api } = await bench.signedIn({ gzip, gzipMinBytes: 10 });
      await api.push(push);
      expect(gzip).toHaveBeenCalled();
    });

    it('are not needed: nothing is packed where nothing can', async () => {
      const { api, network } = await bench.signedIn({ gzip: null });
      await api.push(bigPush());
      expect(typeof network.requests(PUSH)[0].body).toBe('string');
    });

    it('may be 415: the body is sent plain, and all later ones', async () => {
      const { api, network } = await bench.signedIn();
      network.harm(PUSH, problem(415, 'request.unsupported_media_type'));
      await api.push(bigPush());
      await api.push(bigPush());
      const encodings = network.requests(PUSH).map(({ headers }) => headers.get('content-encoding'));
      expect(encodings).toEqual(['gzip', null, null]);
    });
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };

const emptyJson = () => new Response('', { headers: { ...JSON_TYPE, 'content-length': '0' } });
