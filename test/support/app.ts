import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import { type Env, readEnv } from '../../src/config/env.js';
import type { RouteList } from '../../src/http/route-list.js';
import { Owner } from './owner.js';
import { cloneDatabase, type TestDatabase } from './database.js';
import { startPgbouncer } from './pgbouncer.js';

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

/** The environment of tests: quiet, without limits on guessing, unless a test says otherwise. */
export const testEnv = (
  { url, serverUrl }: Pick<TestDatabase, 'url' | 'serverUrl'>,
  variables: Readonly<Record<string, string>> = {},
): Env =>
  readEnv({
    NODE_ENV: 'test',
    DATABASE_URL: serverUrl,
    DATABASE_OWNER_URL: url,
    JWT_SECRET: 'a-secret-of-tests-that-is-long-enough',
    RATE_LIMIT: 'off',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...variables,
  });

/** The real server on a database of its own, listening on a free port. With TEST_POOLER=pgbouncer behind a pooler. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await cloneDatabase());
  const pooler =
    process.env.TEST_POOLER === 'pgbouncer' ? await startPgbouncer(database.serverUrl) : undefined;
  const env = testEnv(
    { ...database, serverUrl: pooler?.url ?? database.serverUrl },
    {
      ...(pooler ? { DATABASE_POOLER: 'transaction', DATABASE_LISTEN_URL: database.serverUrl } : {}),
      ...options.env,
    },
  );
  const { app, routes } = await createApp(env);
  await app.listen(0, '127.0.0.1');
  const server: Server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;
  const owner = new Owner(database.url);
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    server,
    routes,
    env,
    database,
    owner,
    close: async () => {
      await app.close();
      await owner.close();
      await pooler?.stop();
      if (options.database === undefined) await database.drop();
    },
  };
}
