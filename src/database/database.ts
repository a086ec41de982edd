import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import { DatabaseMeters } from '../monitoring/database-meters.js';
import { AccountSql, type ConnectionSource } from './account-sql.js';
import { preambleOf } from './data-source.js';
import type { Row, Sql, Statement } from './sql.js';
import type { Transaction, TransactionMode } from './transaction.js';

/**
 * Set-based SQL on TypeORM's own pool. Repositories serve simple reads; the sync engine moves whole sets with constant
 * statements, for which named statements below TypeORM are about twice as fast.
 *
 * Rows of accounts are reached through `of(userId)` only. What is sent without it belongs to no account: doors (wall.ts),
 * counters, the state of the server.
 */
@Injectable()
export class Database implements Sql {
  private readonly source: ConnectionSource;
  private readonly nobodys: AccountSql;

  constructor(
    private readonly dataSource: DataSource,
    private readonly meters: DatabaseMeters,
  ) {
    this.source = {
      preamble: preambleOf(dataSource.options),
      connect: () => this.connect(),
      failed: (thrown) => this.meters.failed(thrown),
    };
    this.nobodys = this.of([]);
    meters.watch('primary', this.pool.options.max, () => this.pool);
  }

  /** What these accounts own, and nothing of others: behind the wall, whatever the statement says. */
  of(userIds: string | readonly string[]): AccountSql {
    return new AccountSql(this.source, userIds);
  }

  query<T = Row>(statement: Statement): Promise<T[]> {
    return this.nobodys.query(statement);
  }

  transaction<T>(options: { mode: TransactionMode }, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.nobodys.transaction(options, work);
  }

  private async connect(): Promise<PoolClient> {
    const began = performance.now();
    try {
      return await this.pool.connect();
    } catch (error) {
      this.meters.failed(error);
      throw error;
    } finally {
      this.meters.waits.observe((performance.now() - began) / 1000);
    }
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}
