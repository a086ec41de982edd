import type { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { Env } from '../config/env.js';
import { sendUnnamed } from './batch.js';
import { PacketSocket } from './packet-socket.js';
import { MIGRATIONS } from './migrations.js';
import { STARTUP_PARAMETERS, TIMEOUT_MS, TRANSACTION_SETTINGS } from './session-settings.js';
import { SnakeCaseStrategy } from './snake-case.strategy.js';
import type { Statement } from './sql.js';

const IDLE_CONNECTION_MS = 60_000;

type Settings = Pick<Env, 'databasePoolSize'> & Partial<Pick<Env, 'databasePooler'>>;

/** What the options say beyond those of the driver. */
interface Extra {
  /** Begins every transaction. */
  preamble: readonly Statement[];
}

export const preambleOf = ({ extra }: { extra?: unknown }): readonly Statement[] =>
  (extra as Extra | undefined)?.preamble ?? [];

/** Entities are not named here: Nest collects them from `forFeature`, the command line from the compiled files. */
export function dataSourceOptions(env: Settings, url: string): DataSourceOptions {
  const isPooled = env.databasePooler === 'transaction';
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
      query_timeout: TIMEOUT_MS.read,
      keepAlive: true,
      stream: () => new PacketSocket(),
      // Without a listener a connection cut between two statements of a transaction would end the process; the next
      // statement reports it.
      onConnect: (client: Client) => {
        client.on('error', () => undefined);
        if (isPooled) sendUnnamed(client);
      },
      ...(isPooled ? {} : STARTUP_PARAMETERS),
      preamble: isPooled ? [TRANSACTION_SETTINGS] : [],
    },
  };
}
