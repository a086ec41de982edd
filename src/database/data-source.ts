import type { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { Env } from '../config/env.js';
import { PacketSocket } from './packet-socket.js';
import { MIGRATIONS } from './migrations.js';
import { SnakeCaseStrategy } from './snake-case.strategy.js';

/**
 * Bounds on every wait, so that no request outlives half a minute: the server gives up first, and our own read timeout
 * catches a server that cannot even do that. A full pool answers 503 after CONNECT.
 */
const TIMEOUT_MS = {
  connect: 5_000,
  lock: 3_000,
  statement: 25_000,
  read: 28_000,
  idleInTransaction: 60_000,
} as const;

const IDLE_CONNECTION_MS = 60_000;

/** Entities are not named here: Nest collects them from `forFeature`, the command line from the compiled files. */
export function dataSourceOptions(env: Pick<Env, 'databasePoolSize'>, url: string): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeCaseStrategy(),
    synchronize: false,
    // Nothing here needs an extension, and making one needs rights that a managed database does not give.
    installExtensions: false,
    applicationName: 'phoenix-portal',
    poolSize: env.databasePoolSize,
    // An idle connection that breaks is replaced on the next use, which reports what is wrong.
    poolErrorHandler: () => undefined,
    extra: {
      connectionTimeoutMillis: TIMEOUT_MS.connect,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      lock_timeout: TIMEOUT_MS.lock,
      statement_timeout: TIMEOUT_MS.statement,
      query_timeout: TIMEOUT_MS.read,
      idle_in_transaction_session_timeout: TIMEOUT_MS.idleInTransaction,
      keepAlive: true,
      stream: () => new PacketSocket(),
      // Without a listener a connection cut between two statements of a transaction would end the process; the next
      // statement reports it.
      onConnect: (client: Client) => {
        client.on('error', () => undefined);
      },
      // Compiling a plan costs 2 to 5 ms, more than most of our statements take. Parallel workers would read the
      // sections of a pull in any order. Where a prepared statement is given a list, PostgreSQL believes for ever that
      // planning anew for its length is worth it: 0.4 ms for each of the two statements that read what a push meets. A
      // plan that is made while a table is nearly empty must not read the whole of it when it no longer is: every
      // statement has the owner in its key.
      options:
        '-c jit=off -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
    },
  };
}
