import type { Row, Sql, Statement } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';

/**
 * What a push writes, gathered so that it goes out in one piece with the commit. A read among it (some pushes need one
 * that sees what was written) sends what was gathered before it.
 */
export class Writes implements Sql {
  private gathered: Statement[] = [];

  constructor(private readonly tx: Transaction) {}

  add(statements: readonly Statement[]): void {
    this.gathered.push(...statements);
  }

  async query<T>(statement: Statement): Promise<T[]> {
    const before = this.gathered;
    this.gathered = [];
    const rows = await this.tx.queryAll([...before, statement]);
    return rows.at(-1) as T[];
  }

  /** @returns the rows of each of these statements, which see everything that was written */
  async commitAndRead(statements: readonly Statement[]): Promise<Row[][]> {
    const rows = await this.tx.commit([...this.gathered, ...statements]);
    return rows.slice(this.gathered.length);
  }
}
