import { DataSource } from 'typeorm';
import { migrate, MIGRATION_NAMES } from '../../src/database/migrate.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

describe('the migrations', () => {
  let server: TestApp;
  let empty: TestDatabase;
  beforeAll(async () => {
    empty = await emptyDatabase();
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.close();
    await empty.drop();
  });

  it('make exactly the schema that the entities describe', async () => {
    const { upQueries } = await server.app.get(DataSource).driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('run once, in order, when several processes start on an empty database at once', async () => {
    const ran = await Promise.all([migrate(empty.url), migrate(empty.url), migrate(empty.url)]);
    expect(ran.flat()).toEqual([...MIGRATION_NAMES]);
    expect(await migrate(empty.url)).toEqual([]);
  });

  it('are listed oldest first, each with its time in its name', () => {
    const times = MIGRATION_NAMES.map((name) => Number(/\d{13}$/.exec(name)?.[0]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
  });
});
