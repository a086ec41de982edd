import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';

/** Open to everybody. A line here is a decision: nothing becomes public by being forgotten. */
const PUBLIC = [
  'GET /health/live',
  'GET /health/ready',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
  'POST /api/auth/signup',
];

/** The documentation: static files, served beside the router of Nest. */
const DOCUMENTATION = /^GET \/api\/docs(-json|-yaml|\/.*)?$/;

/** Open to everybody signed in: sync-protocol.md §7. */
const FREE_TIER = [
  'DELETE /api/auth/me',
  'DELETE /api/sync/devices/:deviceId',
  'GET /api/auth/me',
  'GET /api/sessions/:id/metrics',
  'GET /api/sync/devices',
  'GET /api/sync/history/:collection/:id',
  'GET /api/sync/limits',
  'GET /api/sync/rejected',
  'GET /api/sync/status',
  'PATCH /api/auth/me',
  'PATCH /api/sync/devices/:deviceId',
  'POST /api/auth/logout',
  'POST /api/auth/password',
];

type Gate = 'public' | 'free' | 'premium';

describe('the routes of the server', () => {
  let app: TestApp;
  let gates: Map<string, Gate>;

  beforeAll(async () => {
    app = await startTestApp();
    const api = new Api(app.url);
    gates = new Map();
    for (const route of app.routes.list()) gates.set(route, await gateOf(api, route));
  });
  afterAll(() => app.close());

  const routesBehind = (gate: Gate) =>
    [...gates].filter(([route, found]) => found === gate && !isHead(route)).map(([route]) => route);

  it('are public only if they are listed here', () => {
    expect(routesBehind('public').filter((route) => !DOCUMENTATION.test(route))).toEqual(PUBLIC);
  });

  it('are open without premium only if they are listed here', () => {
    expect(routesBehind('free')).toEqual(FREE_TIER);
  });

  it('leave no other way to sync: everything else needs premium', () => {
    expect(routesBehind('premium')).toEqual(
      expect.arrayContaining([
        'GET /api/sync/digest',
        'POST /api/sessions/:id/metrics',
        'POST /api/sync/history/:collection/:id/:version/restore',
        'POST /api/sync/pull',
        'POST /api/sync/push',
      ]),
    );
  });

  it('answer HEAD behind the same gate as GET', () => {
    for (const [route, gate] of gates)
      if (isHead(route)) expect([route, gates.get(asGet(route))]).toEqual([route, gate]);
  });
});

const isHead = (route: string) => route.startsWith('HEAD ');
const asGet = (route: string) => route.replace(/^HEAD/, 'GET');

/** Found by knocking, without a token and with one of an account that has not paid, not by reading what guards read. */
async function gateOf(api: Api, route: string): Promise<Gate> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replaceAll(/:\w+/g, 'x');
  const body = method === 'GET' || method === 'HEAD' ? undefined : {};
  if ((await statusOf(api, method, path, { body })) !== 401) return 'public';
  const { token } = await api.signUp();
  return (await statusOf(api, method, path, { body, token })) === 403 ? 'premium' : 'free';
}

async function statusOf(api: Api, method: string, path: string, sending: object): Promise<number> {
  return (await api.send(method, path, sending)).status;
}
