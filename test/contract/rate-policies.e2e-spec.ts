import { POLICIES } from '../../src/limits/policies.js';
import { ApiDocument } from '../chaos/api-document.js';
import { startTestApp, type TestApp } from '../support/app.js';

/** Nothing is counted there. A line here is a decision. */
const UNLIMITED = ['GET /health/live', 'GET /health/ready'];

/** Open, with nothing to guess but the operator's own secret: counted for the address alone. */
const BY_ADDRESS = ['GET /metrics'];

describe('limits on how often', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('are said for each route, in src/limits/policies.ts, and for nothing else', () => {
    const routes = app.routes.list().filter((route) => !route.startsWith('HEAD '));
    expect(Object.keys(POLICIES).toSorted()).toEqual(routes.toSorted());
  });

  it('leave no route uncounted but those listed here', () => {
    const unlimited = Object.entries(POLICIES).filter(([, policy]) => policy.unlimited);
    expect(unlimited.map(([route]) => route)).toEqual(UNLIMITED);
  });

  it('count by account exactly where a token is needed, and failures where none is', () => {
    for (const { method, path, needsToken } of ApiDocument.load().operations()) {
      const route = `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      if (UNLIMITED.includes(route) || BY_ADDRESS.includes(route)) continue;
      const policy = POLICIES[route];
      expect([route, policy?.account !== undefined]).toEqual([route, needsToken]);
      expect([route, policy?.failures !== undefined]).toEqual([route, !needsToken]);
    }
  });
});
