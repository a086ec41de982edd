import { startTestApp, type TestApp } from '../support/app.js';

describe('health', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(() => server.close());

  it('is alive and ready', async () => {
    for (const probe of ['live', 'ready']) {
      const answer = await fetch(`${server.url}/health/${probe}`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ status: 'ok' });
    }
  });
});
