import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool } from 'pg';
import { AccountSql } from './account-sql.js';
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
  private readonly nobodys: AccountSql;

  constructor(private readonly dataSource: DataSource) {
    this.nobodys = this.of([]);
  }

  /** What these accounts own, and nothing of others: behind the wall, whatever the statement says. */
  of(userIds: string | readonly string[]): AccountSql {
    return new AccountSql(() => this.pool.connect(), userIds);
  }

  query<T = Row>(statement: Statement): Promise<T[]> {
    return this.nobodys.query(statement);
  }

  transaction<T>(options: { mode: TransactionMode }, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.nobodys.transaction(options, work);
  }

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}
