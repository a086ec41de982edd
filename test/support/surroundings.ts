import type { TestDatabase } from './database.js';
import { startPgbouncer } from './pgbouncer.js';
import { RoundRobin } from './round-robin.js';
import { ServerProcess } from './server-process.js';

type Variables = Readonly<Record<string, string>>;

/** What stands around the servers of a run, as it may in production; by default nothing does. */
export interface Surroundings {
  /** The database as the servers reach it. */
  serverUrl: string;
  variables: Variables;
  /** Where clients reach a server that was started with these variables. */
  before(serverUrl: string, variables: Variables): Promise<string>;
  close(): Promise<void>;
}

/**
 * `TEST_POOLER=pgbouncer`: pgbouncer in transaction mode between the server and its database. `TEST_PROCESSES=2`: every other
 * request goes to another server process on the same database, so that nothing a test sees may live in one process alone.
 */
export async function surround(database: TestDatabase): Promise<Surroundings> {
  const { TEST_POOLER, TEST_PROCESSES } = process.env;
  const pooler = TEST_POOLER === 'pgbouncer' ? await startPgbouncer(database.serverUrl) : undefined;
  let other: ServerProcess | undefined;
  let balancer: RoundRobin | undefined;
  return {
    serverUrl: pooler?.url ?? database.serverUrl,
    variables: pooler ? { DATABASE_POOLER: 'transaction', DATABASE_LISTEN_URL: database.serverUrl } : {},
    before: async (url, variables) => {
      if (TEST_PROCESSES !== '2') return url;
      other = await ServerProcess.start(variables);
      balancer = await RoundRobin.to([url, other.url]);
      return balancer.url;
    },
    close: async () => {
      balancer?.close();
      await other?.end('SIGTERM');
      await pooler?.stop();
    },
  };
}
