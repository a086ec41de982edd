import type { PoolClient } from 'pg';
import { isUnavailable } from '../common/database-fault.js';
import { run } from './batch.js';
import type { Row, Sql, Statement } from './sql.js';
import { Transaction, type TransactionMode } from './transaction.js';
import { declarationOf } from './wall.js';

/** Where connections come from, and who wants to know what went wrong on them. */
export interface ConnectionSource {
  /** Begins every transaction. */
  preamble: readonly Statement[];
  connect(): Promise<PoolClient>;
  failed(thrown: unknown): void;
}

/** Statements on behalf of some accounts: each transaction declares them first, and sees the rows of nobody else. */
export class AccountSql implements Sql {
  private readonly declaration: readonly Statement[];

  constructor(
    private readonly source: ConnectionSource,
    userIds: string | readonly string[],
  ) {
    this.declaration = [...source.preamble, ...declarationOf(userIds)];
  }

  async query<T = Row>(statement: Statement): Promise<T[]> {
    const [rows] = await this.queryAll([statement]);
    return rows as T[];
  }

  /** Sends these in one piece; they are one transaction, in which each has a snapshot of its own. */
  async queryAll(statements: readonly Statement[]): Promise<Row[][]> {
    if (statements.length === 0) return [];
    const client = await this.source.connect();
    let broken: Error | undefined;
    try {
      const results = await run(client, [...this.declaration, ...statements]);
      return results.slice(this.declaration.length).map(({ rows }) => rows as Row[]);
    } catch (error) {
      this.source.failed(error);
      if (isUnavailable(error)) broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Runs `work` in one transaction; commits what it returned from, rolls back what it threw from. */
  async transaction<T>(
    { mode }: { mode: TransactionMode },
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    const client = await this.source.connect();
    let broken: Error | undefined;
    try {
      const tx = new Transaction(client, mode, this.declaration);
      const result = await work(tx);
      await tx.commit();
      return result;
    } catch (error) {
      this.source.failed(error);
      broken = isUnavailable(error) ? (error as Error) : await rollBack(client);
      throw error;
    } finally {
      // A connection that hangs, is gone or cannot roll back is closed, and PostgreSQL rolls back by itself: waiting for a
      // hanging one would double the time in which the caller learns of it.
      client.release(broken);
    }
  }

  /**
   * The rows of some queries, page by page and one query after the other, with the place of the query they belong to; in one
   * snapshot and never all in memory. Takes its connection with the first page and gives it back when the last was read or
   * the caller stops. The next page is asked for while the caller works on one.
   */
  async *pages<T>(
    statements: readonly Statement[],
    size: number,
  ): AsyncGenerator<[place: number, page: T[]]> {
    const client = await this.source.connect();
    let broken: Error | undefined;
    try {
      const tx = new Transaction(client, 'snapshot', this.declaration);
      // A slow reader is the HTTP server's to end: it knows whether anything moves.
      await tx.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
      for (const [place, statement] of statements.entries())
        for await (const page of pagesOf<T>(tx, place, statement, size)) yield [place, page];
    } catch (error) {
      this.source.failed(error);
      if (isUnavailable(error)) broken = error as Error;
      throw error;
    } finally {
      broken ??= await rollBack(client);
      client.release(broken);
    }
  }
}

async function* pagesOf<T>(
  tx: Transaction,
  place: number,
  { text, values }: Statement,
  size: number,
): AsyncGenerator<T[]> {
  const fetch: Statement = { text: `fetch ${size} from pages_${place}`, rowMode: 'array' };
  const declare: Statement = { text: `declare pages_${place} no scroll cursor for ${text}`, values };
  const opened = await tx.queryAll([declare, fetch]);
  let page = opened[1] as T[];
  while (page.length > 0) {
    // A page that is not full is the last.
    const next: Promise<T[]> = page.length < size ? Promise.resolve([]) : tx.query<T>(fetch);
    next.catch(() => undefined);
    yield page;
    page = await next;
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
