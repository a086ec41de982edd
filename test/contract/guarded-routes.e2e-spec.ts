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

/** Open to everybody signed in: reading one's own data, and the account itself (sync-protocol.md §7). */
const FREE_TIER = [
  'DELETE /api/auth/me',
  'DELETE /api/sync/devices/:deviceId',
  'GET /api/account/export',
  'GET /api/auth/me',
  'GET /api/badges',
  'GET /api/exercises',
  'GET /api/records',
  'GET /api/records/history',
  'GET /api/routines',
  'GET /api/routines/:id',
  'GET /api/sessions',
  'GET /api/sessions/:id',
  'GET /api/sessions/:id/metrics',
  'GET /api/stats',
  'GET /api/sync/devices',
  'GET /api/sync/history/:collection/:id',
  'GET /api/sync/limits',
  'GET /api/sync/rejected',
  'GET /api/sync/status',
  'GET /api/totals',
  'GET /api/totals/exercises',
  'GET /api/workouts',
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
    const visitor = new Visitor(new Api(app.url));
    gates = new Map();
    for (const route of app.routes.list()) gates.set(route, await visitor.gateOf(route));
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

/** Finds the gate of a route by knocking, without a token and with one that has not paid, not by reading what guards read. */
class Visitor {
  private token = '';

  constructor(private readonly api: Api) {}

  async gateOf(route: string): Promise<Gate> {
    const [method = '', pattern = ''] = route.split(' ');
    const body = method === 'GET' || method === 'HEAD' ? undefined : {};
    const knock = async (token?: string) => {
      const { status } = await this.api.send(method, pattern.replaceAll(/:\w+/g, 'x'), { body, token });
      return status;
    };
    if ((await knock()) !== 401) return 'public';
    let status = await knock(this.token);
    // A route before this one was log-out.
    if (status === 401) status = await knock(await this.newToken());
    return status === 403 ? 'premium' : 'free';
  }

  private async newToken(): Promise<string> {
    this.token = (await this.api.signUp()).token;
    return this.token;
  }
}
