import { withClient } from '../lab/postgres.js';
import type { JobResult } from '../report/figure.js';
import type { TrafficContext } from './traffic-job.js';

interface Written {
  table: string;
  rows: number;
}

/**
 * Rows inserted, updated and deleted so far, by table. A backend tells its counts with a delay but always when it ends, so
 * the server's idle connections are ended first; its pool makes new ones.
 */
async function writtenIn(database: string): Promise<Map<string, number>> {
  return withClient(database, async (client) => {
    await client.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'`,
    );
    const { rows } = await client.query<Written>(
      `select relname as table, (n_tup_ins + n_tup_upd + n_tup_del)::float8 as rows from pg_stat_user_tables`,
    );
    return new Map(rows.map(({ table, rows: count }) => [table, count]));
  });
}

/** What one more round of the traffic writes, by PostgreSQL's own count. */
export async function rowsWritten({
  driver,
  effort,
  ours,
  key,
}: TrafficContext): Promise<Partial<JobResult>> {
  const before = await writtenIn(ours.database);
  const { requests, bad, fault } = await driver.run(key, { connections: 2, seconds: effort.seconds });
  const after = await writtenIn(ours.database);
  const changed = [...after].flatMap(([table, rows]) => {
    const more = rows - (before.get(table) ?? 0);
    return more === 0 ? [] : [`${table} ${more}`];
  });
  const rows = [...after].reduce((sum, [table, count]) => sum + count - (before.get(table) ?? 0), 0);
  return {
    figures: [
      {
        key: 'repeated-push.rows-written',
        title: `The same push again: rows written in all, by pg_stat_user_tables`,
        unit: 'rows',
        rounds: [rows],
        isBetter: 'lower',
        goal: { atMost: 0 },
        note: changed.length > 0 ? changed.join(', ') : `${requests} pushes`,
      },
    ],
    bad: bad > 0 ? [{ job: 'repeated-push', server: ours.name, count: bad, fault: String(fault) }] : [],
  };
}
