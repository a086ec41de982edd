import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { AUTHORIZATION } from '../support/revenuecat.js';

/** Open to everybody. A line here is a decision: nothing becomes public by being forgotten. */
const PUBLIC = [
  'GET /health/live',
  'GET /health/ready',
  // Outside production and without METRICS_TOKEN, as here; else see test/e2e/monitoring.
  'GET /metrics',
  'POST /api/auth/email/confirm',
  'POST /api/auth/login',
  'POST /api/auth/password/forgot',
  'POST /api/auth/password/reset',
  'POST /api/auth/refresh',
  'POST /api/auth/signup',
  'POST /api/auth/undelete',
];

/** Open to RevenueCat alone, which signs what it sends; without its settings there is no such address. */
const WEBHOOKS = ['POST /api/billing/revenuecat'];

/** Open to support alone, by a key of its own; without one there are no such addresses. */
const ADMIN = [
  'GET /api/admin/accounts/:id',
  'GET /api/admin/accounts/:id/billing-events',
  'POST /api/admin/accounts/:id/subscription/adopt',
  'POST /api/admin/accounts/:id/subscription/derive',
  'POST /api/admin/accounts/find',
  'PUT /api/admin/accounts/:id/subscription',
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
  'POST /api/auth/email/confirmation',
  'POST /api/auth/logout',
  'POST /api/auth/password',
];

type Gate = 'public' | 'webhook' | 'admin' | 'free' | 'premium';

const GATES: Readonly<Record<string, Gate>> = {
  'billing.authorization_wrong': 'webhook',
  'admin.key_wrong': 'admin',
};

describe('the routes of the server', () => {
  let app: TestApp;
  let gates: Map<string, Gate>;

  beforeAll(async () => {
    app = await startTestApp({
      env: {
        REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION,
        ADMIN_API_KEY: 'a-key-of-support-that-is-long-enough',
      },
    });
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

  it('are for RevenueCat or for support, which no token of an account opens, only if they are listed here', () => {
    expect(routesBehind('webhook')).toEqual(WEBHOOKS);
    expect(routesBehind('admin')).toEqual(ADMIN);
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
      const answer = await this.api.send(method, pattern.replaceAll(/:\w+/g, 'x'), { body, token });
      return { status: answer.status, code: String(answer.body.code) };
    };
    const first = await knock();
    if (first.status !== 401) return 'public';
    let answer = await knock(this.token);
    // A route before this one was log-out.
    if (answer.status === 401) answer = await knock(await this.newToken());
    // An answer to HEAD says no code; RevenueCat's gate has nothing to read.
    if (answer.status === 401) return isHead(route) ? 'admin' : (GATES[answer.code] ?? 'free');
    return answer.status === 403 ? 'premium' : 'free';
  }

  private async newToken(): Promise<string> {
    this.token = (await this.api.signUp()).token;
    return this.token;
  }
}
