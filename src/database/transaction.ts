import type { PoolClient } from 'pg';
import { type BatchResult, run } from './batch.js';
import type { Reading, Row, Sql, Statement } from './sql.js';

/** `snapshot`: repeatable read, read only. `write`: read committed, so that a statement after a lock sees what the lock waited for. */
export type TransactionMode = 'snapshot' | 'write';

const BEGIN: Record<TransactionMode, Statement> = {
  snapshot: { name: 'begin-snapshot', text: 'begin isolation level repeatable read read only' },
  write: { name: 'begin-write', text: 'begin isolation level read committed' },
};
const COMMIT: Statement = { name: 'commit', text: 'commit' };

/** One transaction. It begins with the first statements, in one piece with them, and can end with the last. */
export class Transaction implements Sql {
  private begun = false;
  private committed = false;

  constructor(
    readonly client: PoolClient,
    private readonly mode: TransactionMode,
    /** Says for whom the transaction is: wall.ts. */
    private readonly declaration: readonly Statement[],
  ) {}

  async query<T = Row>(statement: Statement): Promise<T[]> {
    const [rows] = await this.queryAll([statement]);
    return rows as T[];
  }

  /** Sends these together; they are executed in this order, each with a snapshot of its own in a `write` transaction. */
  async queryAll(statements: readonly Statement[]): Promise<Row[][]> {
    return rowsOf(await this.send(statements));
  }

  /** Sends reads together and gives each its rows. */
  async take(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return;
    const rows = await this.queryAll(readings.map(({ statement }) => statement));
    for (const [n, reading] of readings.entries()) reading.take(rows[n] as unknown as unknown[][]);
  }

  /**
   * The last statements and the commit in one piece; gives the rows of each. Whoever began the transaction commits it
   * where its work did not.
   */
  async commit(statements: readonly Statement[] = []): Promise<Row[][]> {
    if (this.committed) return [];
    this.committed = true;
    if (!this.begun && statements.length === 0) return [];
    const results = await this.send([...statements, COMMIT]);
    if (results.pop()?.command !== 'COMMIT') throw new Error('the transaction was rolled back');
    return rowsOf(results);
  }

  private async send(statements: readonly Statement[]): Promise<BatchResult[]> {
    if (this.begun) return run(this.client, statements);
    this.begun = true;
    const opening = [BEGIN[this.mode], ...this.declaration];
    const results = await run(this.client, [...opening, ...statements]);
    // A connection that others use too, through a pooler, may know another statement by this name.
    if (results[0]?.command !== 'BEGIN') throw new StrangeStatement();
    return results.slice(opening.length);
  }
}

/** As PostgreSQL says that a prepared statement is not there: the connection is given up. */
class StrangeStatement extends Error {
  readonly code = '26000';

  constructor() {
    super('the prepared statement that begins a transaction is not ours');
  }
}

const rowsOf = (results: readonly BatchResult[]): Row[][] => results.map(({ rows }) => rows as Row[]);
