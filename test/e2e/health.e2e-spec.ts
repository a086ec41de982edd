import { startTestApp, type TestApp } from '../support/app.js';
import { Cable } from '../support/cable.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { Scrape } from '../support/scrape.js';

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

describe('health while the database hangs', () => {
  let database: TestDatabase;
  let cable: Cable;
  let server: TestApp;
  beforeAll(async () => {
    database = await cloneDatabase();
    cable = await Cable.to(database.serverUrl);
    server = await startTestApp({ database: { ...database, serverUrl: cable.url } });
    cable.freeze();
  });
  afterAll(async () => {
    cable.thaw();
    await server.close();
    cable.close();
    await database.drop();
  });

  it('is alive before anybody can say that it is not ready', async () => {
    const answered: string[] = [];
    const ask = async (probe: string) => {
      const { status } = await fetch(`${server.url}/health/${probe}`);
      answered.push(`${probe} ${status}`);
    };
    const ready = ask('ready');
    await ask('live');
    await ready;
    expect(answered).toEqual(['live 200', 'ready 503']);
  });

  it('goes on telling what it counts', async () => {
    const scrape = await Scrape.of(server.url);
    expect(scrape.value('phoenix_database_up')).toBe(0);
    expect(scrape.value('phoenix_ready')).toBe(0);
    expect(scrape.text).not.toMatch(/^phoenix_migrations_pending /m);
  });
});
