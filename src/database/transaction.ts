import type { Duplex } from 'node:stream';
import type { PoolClient } from 'pg';
import { asOneRead, distribute, type Reading } from './combine.js';
import type { Row, Sql, Statement } from './sql.js';

/** `snapshot`: repeatable read, read only. `write`: read committed, so that a statement after a lock sees what the lock waited for. */
export type TransactionMode = 'snapshot' | 'write';

const BEGIN: Record<TransactionMode, string> = {
  snapshot: 'begin isolation level repeatable read read only',
  write: 'begin isolation level read committed',
};

/**
 * One transaction on a pipelined connection: statements that are sent without waiting for each other go out together and
 * are executed in that order, each on its own. A push so takes two round trips and not twenty. What fails makes all that
 * follows it fail, and the commit a rollback.
 */
export class Transaction implements Sql {
  private readonly begun: Promise<unknown>;
  private committed = false;
  private held = false;

  constructor(
    readonly client: PoolClient,
    mode: TransactionMode,
  ) {
    this.hold();
    this.begun = client.query(BEGIN[mode]);
    this.begun.catch(() => undefined);
  }

  async query<T = Row>(statement: Statement): Promise<T[]> {
    this.hold();
    // Nothing counts that was sent behind a BEGIN that failed.
    const [{ rows }] = await Promise.all([this.client.query(statement), this.begun]);
    return rows as T[];
  }

  /** Sends these statements together and waits for all. */
  queryAll(statements: readonly Statement[]): Promise<Row[][]> {
    return Promise.all(statements.map((statement) => this.query(statement)));
  }

  /** Reads, and gives to each reading its rows. `together`: as one statement, for few rows. */
  async take(readings: readonly Reading[], { together }: { together: boolean }): Promise<void> {
    if (together) return distribute(await this.query(asOneRead(readings)), readings);
    const answers = await this.queryAll(readings.map(({ statement }) => statement));
    for (const [n, reading] of readings.entries()) reading.take(answers[n] as unknown as unknown[][]);
  }

  /**
   * The last statements and the commit in one go; gives the rows of each. Whoever began the transaction commits it where
   * its work did not.
   */
  async commit(statements: readonly Statement[] = []): Promise<Row[][]> {
    if (this.committed) return [];
    // With a BEGIN that failed each statement would be a transaction of its own.
    await this.begun;
    this.committed = true;
    const results = this.queryAll(statements);
    const [rows, end] = await Promise.all([results, this.client.query('commit')]);
    if (end.command !== 'COMMIT') throw new Error('the transaction was rolled back');
    return rows;
  }

  /** Statements of one turn go out in one write: each write costs as much as a statement. */
  private hold(): void {
    if (this.held) return;
    const { stream } = (this.client as unknown as { connection: { stream: Duplex } }).connection;
    this.held = true;
    stream.cork();
    process.nextTick(() => {
      this.held = false;
      stream.uncork();
    });
  }
}
