import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { DatabaseMeters } from '../monitoring/database-meters.js';
import { AccountSql } from './account-sql.js';
import { dataSourceOptions, preambleOf } from './data-source.js';

/** A replica that does not answer is left alone for so long. */
const REST_MS = 10_000;
/** Whoever waits for a replica in vain still has to ask the primary: less than the primary is given. */
const TIMEOUT_MS = { connect: 1_000, statement: 5_000, read: 6_000 };

/** A copy of the database that only reads: whether there is one, and whether it is in use. */
@Injectable()
export class Replica implements OnApplicationShutdown {
  private readonly logger = new Logger(Replica.name);
  private readonly pool: Pool | undefined;
  private readonly options: ReturnType<typeof dataSourceOptions>;
  private restsUntil = 0;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly meters: DatabaseMeters,
  ) {
    const { databaseReplicaUrl, databasePoolSize } = env;
    this.options = dataSourceOptions(env, databaseReplicaUrl);
    if (databaseReplicaUrl === '') return;
    const { extra } = this.options as { extra: Record<string, unknown> };
    const pool = new Pool({
      ...extra,
      connectionString: databaseReplicaUrl,
      application_name: 'phoenix-portal-replica',
      max: databasePoolSize,
      connectionTimeoutMillis: TIMEOUT_MS.connect,
      query_timeout: TIMEOUT_MS.read,
      ...('statement_timeout' in extra ? { statement_timeout: TIMEOUT_MS.statement } : {}),
    });
    pool.on('error', () => undefined);
    meters.watch('replica', databasePoolSize, () => pool);
    this.pool = pool;
  }

  /** Undefined: ask the primary. */
  of(userId: string): AccountSql | undefined {
    const { pool } = this;
    if (pool === undefined || this.clock.now() < this.restsUntil) return undefined;
    const source = {
      preamble: preambleOf(this.options),
      connect: () => pool.connect(),
      failed: (thrown: unknown) => this.meters.failed(thrown),
    };
    return new AccountSql(source, userId);
  }

  /** It has failed: the next ones do not try. */
  rest(error: unknown): void {
    this.logger.warn(`the replica is left alone for ${REST_MS / 1000} s: ${(error as Error).message}`);
    this.restsUntil = this.clock.now() + REST_MS;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.end();
  }
}
