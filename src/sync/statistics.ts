import type { Sql } from '../database/sql.js';

/** Pushes of fewer rows leave the planner's picture of a table as it was. */
const LARGE_PUSH = 200;

/**
 * After the first pushes PostgreSQL takes a table for as small as it was, until autovacuum comes by, and then any index on
 * the account is as good to it as the one that finds the record: the second push of 1,000 records took twice as long, the
 * portal's view of 10,000 routine exercises 5 s. So a push that has made a table much larger has it looked at again, by one
 * process at a time. Outside the transaction; no more than a sample is read.
 */
export async function refreshStatistics(
  sql: Sql,
  sizes: readonly { table: string; rows: number }[],
): Promise<void> {
  for (const { table, rows } of sizes) {
    if (rows < LARGE_PUSH) continue;
    const [known] = await sql.query<{ rows: number }>({
      name: 'known-rows',
      text: 'select reltuples::float8 as rows from pg_class where oid = $1::regclass',
      values: [table],
    });
    if (known.rows < 4 * rows)
      await sql.query({ text: 'select refresh_statistics(array[$1::regclass])', values: [table] });
  }
}
