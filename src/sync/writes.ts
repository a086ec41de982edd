import { asOneWrite } from '../database/combine.js';
import type { Row, Sql, Statement } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';

/**
 * What a push writes, gathered so that it goes out in one piece with the commit. A read among it (some pushes need one
 * that sees what was written) sends what was gathered before it.
 */
export class Writes implements Sql {
  private ordered: Statement[] = [];
  private last: Statement[] = [];

  constructor(
    private readonly tx: Transaction,
    /** Of few records: what comes last goes as one statement. */
    private readonly isSmall: boolean,
  ) {}

  inOrder(statements: readonly Statement[]): void {
    this.ordered.push(...statements);
  }

  /** Written after the others, in whatever order: these do not depend on each other. */
  atLast(statements: readonly Statement[]): void {
    this.last.push(...statements);
  }

  async query<T>(statement: Statement): Promise<T[]> {
    const rows = await this.tx.queryAll([...this.gathered(), statement]);
    return rows.at(-1) as T[];
  }

  /** @returns the rows of each of these statements, which see everything that was written */
  async commitAndRead(statements: readonly Statement[]): Promise<Row[][]> {
    const gathered = this.gathered();
    const rows = await this.tx.commit([...gathered, ...statements]);
    return rows.slice(gathered.length);
  }

  private gathered(): Statement[] {
    const last = this.isSmall && this.last.length > 1 ? [asOneWrite(this.last)] : this.last;
    const all = [...this.ordered, ...last];
    this.ordered = [];
    this.last = [];
    return all;
  }
}
