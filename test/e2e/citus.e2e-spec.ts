import { NestFactory } from '@nestjs/core';
import { CliModule } from '../../src/cli/cli.module.js';
import { runCli } from '../../src/cli/run.js';
import { testEnv } from '../support/app.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { Owner } from '../support/owner.js';

describe('citus:distribute', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterAll(() => database.drop());

  const open = () =>
    NestFactory.createApplicationContext(CliModule.with(testEnv(database)), {
      logger: false,
      abortOnError: false,
    });

  it('prints how every table of accounts is spread by its owner, all in the same way', async () => {
    const { exitCode, text } = await runCli(['citus:distribute', '--dry-run'], open);
    expect(exitCode).toBe(0);
    const spread = [
      ...text.matchAll(/create_distributed_table\('(\w+)', '(\w+)'(, colocate_with => '(\w+)')?\)/g),
    ];
    expect(new Set(spread.map(([, , column]) => column))).toEqual(new Set(['user_id']));
    // The first is what the others are placed like.
    expect(spread[0]?.[1]).toBe('sync_clock');
    expect(new Set(spread.slice(1).map(([, , , , like]) => like))).toEqual(new Set(['sync_clock']));
    const names = spread.map(([, name]) => name);
    for (const name of ['workout_sessions', 'metric_chunks', 'record_versions', 'sync_devices'])
      expect(names.filter((each) => each === name)).toHaveLength(1);
    expect(text).toContain("create_reference_table('server_state')");
  });

  it('leaves at home what refers to accounts by a foreign key, for Citus would refuse it, and forgets no table', async () => {
    const { text } = await runCli(['citus:distribute', '--dry-run'], open);
    const owner = new Owner(database.url);
    const tables = await owner.query<{ name: string; refers: boolean }>({
      text: `select c.relname as name,
          exists (select from pg_constraint k where k.contype = 'f' and k.conrelid = c.oid) as refers
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`,
    });
    await owner.close();
    for (const { name, refers } of tables)
      expect([name, text.includes(`create_distributed_table('${name}'`)]).toEqual([name, !refers]);
    expect(tables.filter(({ refers }) => refers).length).toBeGreaterThan(1);
  });

  it('says that there is no Citus here when it is asked to do it', async () => {
    const { exitCode, text } = await runCli(['citus:distribute'], open);
    expect(exitCode).toBe(1);
    expect(text).toMatch(/--dry-run/);
  });
});
