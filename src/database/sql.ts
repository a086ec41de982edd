import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import { isUnavailable } from '../common/database-fault.js';

/** A row as PostgreSQL gives it: names are the aliases of the select list. */
export type Row = Record<string, unknown>;

/** One statement. `name` makes it a prepared statement: the text behind one name must never vary. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
  /** Rows as arrays, in the order of the select list: for large sets. */
  rowMode?: 'array';
}

/** Something statements can be sent to: the pool, or one transaction. Never keep it beyond the callback it came with. */
export interface Sql {
  query<T = Row>(statement: Statement): Promise<T[]>;
}

export interface TransactionOptions {
  /** `snapshot`: repeatable read, read only. `write`: read committed, so that a statement after a lock sees what the lock waited for. */
  mode: 'snapshot' | 'write';
}

const BEGIN = {
  snapshot: 'begin isolation level repeatable read read only',
  write: 'begin isolation level read committed',
};

/**
 * Set-based SQL on TypeORM's own pool. Repositories serve simple reads; the sync engine moves whole sets with constant
 * statements, for which named statements below TypeORM are about twice as fast.
 */
@Injectable()
export class Database implements Sql {
  constructor(private readonly dataSource: DataSource) {}

  private get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  async query<T = Row>(statement: Statement): Promise<T[]> {
    const result = await this.pool.query(statement);
    return result.rows as T[];
  }

  /** A connection of one's own, for cursors. The caller releases it; `release(error)` throws it away. */
  connect(): Promise<PoolClient> {
    return this.pool.connect();
  }

  /** Runs `work` in one transaction; commits what it returned from, rolls back what it threw from. */
  async transaction<T>(
    { mode }: TransactionOptions,
    work: (tx: Sql & { client: PoolClient }) => Promise<T>,
  ): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query(BEGIN[mode]);
      const result = await work({
        client,
        query: async <R>(statement: Statement) => (await client.query(statement)).rows as R[],
      });
      await client.query('commit');
      return result;
    } catch (error) {
      broken = isUnavailable(error) ? (error as Error) : await rollBack(client);
      throw error;
    } finally {
      // A connection that hangs, is gone or cannot roll back is closed, and PostgreSQL rolls back by itself: waiting for a
      // hanging one would double the time in which the caller learns of it.
      client.release(broken);
    }
  }
}

async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (fault) {
    return fault as Error;
  }
}
