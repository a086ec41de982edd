import { randomUUID } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import type { Database } from '../database/database.js';

/** Long enough for the slowest page of accounts, short enough that a killed process is not waited for. */
const HELD_MS = 10 * 60_000;

/**
 * Has one process at a time do a piece of work. A row and not a lock of the session: behind a pooler in transaction mode
 * a session is nobody's.
 */
export class JobLease {
  private readonly holder = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly name: string,
  ) {}

  /** @returns null while another has it; else when the work was last done to the end */
  async take(): Promise<{ finishedAt: number | null } | null> {
    const now = this.clock.now();
    const [row] = await this.database.query<{ finishedAt: number | null }>({
      text: `insert into server_jobs as job (name, holder, held_until) values ($1, $2, $3)
        on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
          where job.held_until < $4
        returning finished_at::float8 as "finishedAt"`,
      values: [this.name, this.holder, now + HELD_MS, now],
    });
    return row ?? null;
  }

  /** @returns false where another has it by now: whoever slept so long must stop */
  async keep(): Promise<boolean> {
    const rows = await this.database.query({
      text: 'update server_jobs set held_until = $3 where name = $1 and holder = $2 returning 1',
      values: [this.name, this.holder, this.clock.now() + HELD_MS],
    });
    return rows.length > 0;
  }

  /** @param done to the end */
  async leave(done: boolean): Promise<void> {
    await this.database.query({
      text: `update server_jobs set held_until = 0, finished_at = case when $3 then $4::bigint else finished_at end
        where name = $1 and holder = $2`,
      values: [this.name, this.holder, done, this.clock.now()],
    });
  }
}
