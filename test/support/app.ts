import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import { type Env, readEnv } from '../../src/config/env.js';
import type { RouteList } from '../../src/http/route-list.js';
import { Owner } from './owner.js';
import { cloneDatabase, type TestDatabase } from './database.js';
import { surround } from './surroundings.js';

export interface TestApp {
  /** Without a slash at the end: `${url}/api/auth/login`. */
  url: string;
  app: NestFastifyApplication;
  server: Server;
  routes: RouteList;
  env: Env;
  database: TestDatabase;
  /** Statements past the wall between accounts. */
  owner: Owner;
  /** Stops the server and removes its database. */
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** Variables as they would stand in .env. */
  env?: Readonly<Record<string, string>>;
  /** A database to share with another server, which also removes it. */
  database?: TestDatabase;
}

/** The variables of tests: quiet, without limits on guessing, unless a test says otherwise. */
export const testVariables = (
  { url, serverUrl }: Pick<TestDatabase, 'url' | 'serverUrl'>,
  variables: Readonly<Record<string, string>>,
): Record<string, string> => ({
  NODE_ENV: 'test',
  DATABASE_URL: serverUrl,
  DATABASE_OWNER_URL: url,
  JWT_SECRET: 'a-secret-of-tests-that-is-long-enough',
  RATE_LIMIT: 'off',
  LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  ...variables,
});

export const testEnv = (
  database: Pick<TestDatabase, 'url' | 'serverUrl'>,
  variables: Readonly<Record<string, string>> = {},
): Env => readEnv(testVariables(database, variables));

/** The real server on a database of its own, listening on a free port; in the surroundings of the run. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await cloneDatabase());
  const surroundings = await surround(database);
  const variables = testVariables(
    { url: database.url, serverUrl: surroundings.serverUrl },
    { ...surroundings.variables, ...options.env },
  );
  const env = readEnv(variables);
  const { app, routes } = await createApp(env);
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;
  const owner = new Owner(database.url);
  return {
    url: await surroundings.before(`http://127.0.0.1:${port}`, variables),
    app,
    server,
    routes,
    env,
    database,
    owner,
    close: async () => {
      await app.close();
      await owner.close();
      await surroundings.close();
      if (options.database === undefined) await database.drop();
    },
  };
}
