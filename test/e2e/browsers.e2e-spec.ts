import { startTestApp, type TestApp } from '../support/app.js';

describe('what browsers need', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp({ env: { CORS_ORIGINS: 'https://portal.example, http://localhost:5173' } });
  });
  afterAll(() => server.close());

  const preflight = (origin: string) =>
    fetch(`${server.url}/api/auth/login`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });

  it.each(['https://portal.example', 'http://localhost:5173'])(
    'lets a page of %s call the API',
    async (origin) => {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
      expect(answer.headers.get('access-control-max-age')).toBe('86400');
      // Tokens are sent by scripts that have them, never by the browser on its own.
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    },
  );

  it('lets no other page read an answer', async () => {
    for (const origin of ['https://evil.example', 'https://portal.example.evil.example', 'null']) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      const answer = await fetch(`${server.url}/health/live`, { headers: { origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('shows errors to the pages that may read answers', async () => {
    const answer = await fetch(`${server.url}/api/sync/status`, {
      headers: { origin: 'https://portal.example' },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://portal.example');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('forbids guessing of types, framing and foreign scripts', async () => {
    const { headers } = await fetch(`${server.url}/health/live`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self'/);
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'self'/);
    expect(headers.get('strict-transport-security')).toMatch(/max-age=/);
  });

  it('shows the documentation under that policy', async () => {
    const page = await (await fetch(`${server.url}/api/docs`)).text();
    const scripts = [...page.matchAll(/<script[^>]*>([^<]*)/g)].map(([tag, inline = '']) => ({
      inline: inline.trim(),
      source: /src="([^"]+)"/.exec(tag)?.[1] ?? '',
    }));
    expect(scripts.length).toBeGreaterThan(0);
    for (const { inline, source } of scripts) {
      expect(inline).toBe('');
      const script = await fetch(new URL(source, `${server.url}/api/docs`));
      expect([source, script.status]).toEqual([source, 200]);
      // Read to the end, or the server would wait for us when it stops.
      expect(await script.text()).not.toBe('');
    }
  });
});
