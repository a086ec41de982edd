import { Pool } from 'pg';
import type { Row, Sql, Statement } from '../../src/database/sql.js';

/**
 * A look behind the wall, for tests: statements as the role that owns the tables. The server itself sees the rows of an
 * account only on its behalf.
 */
export class Owner implements Sql {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 2 });
    this.pool.on('error', () => undefined);
  }

  async query<T = Row>({ text, values, rowMode }: Statement): Promise<T[]> {
    const { rows } = await this.pool.query({ text, values, rowMode: rowMode as 'array' });
    return rows as T[];
  }

  async transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const result = await work({
        query: async ({ text, values }) => (await client.query({ text, values })).rows,
      });
      await client.query('commit');
      return result;
    } finally {
      client.release(true);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
