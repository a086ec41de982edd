import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { isBusy } from '../common/database-fault.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import { clockLock } from '../sync/clock-statements.js';
import { JobLease } from './job-lease.js';
import { countStatement, type Sweep, SWEEP_ROWS, SWEEPS, sweepStatement } from './sweeps.js';

const DAY_MS = 86_400_000;
/** Each account has its day among so many: reading all histories every day would be most of what a large database does. */
export const ROUND_DAYS = 28;
/** Accounts looked up at once. */
const PAGE_ACCOUNTS = 200;
const NIL = '00000000-0000-0000-0000-000000000000';

export interface RetentionCounts {
  accounts: number;
  /** Of other requests for longer than a push waits; looked at again next time. */
  busy: number;
  /** By kind, see sweeps.ts. */
  removed: Record<string, number>;
}

export interface RetentionOptions {
  /** `due`: the accounts whose day came since the last run; else all. */
  which?: 'all' | 'due';
  /** Counts, and changes nothing. */
  dryRun?: boolean;
  /** Stops after the transaction in hand. What was done stays done. */
  signal?: AbortSignal;
  progress?: (counts: RetentionCounts) => void;
}

/** Lets go of what is past its time, account by account, each in transactions a push hardly notices. */
@Injectable()
export class RetentionService {
  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** @returns null where another process is at it */
  async run(options: RetentionOptions = {}): Promise<(RetentionCounts & { finished: boolean }) | null> {
    if (options.dryRun) return this.all(options, null, () => Promise.resolve(true));
    const lease = new JobLease(this.database, this.clock, 'retention');
    const taken = await lease.take();
    if (taken === null) return null;
    let finished = false;
    try {
      const days = options.which === 'due' ? daysSince(taken.finishedAt, this.clock.now()) : null;
      const counts = await this.all(options, days, () => lease.keep());
      finished = counts.finished;
      return counts;
    } finally {
      await lease.leave(finished);
    }
  }

  /** @param days of the round whose accounts are looked at; null: all */
  private async all(
    { dryRun = false, signal, progress }: RetentionOptions,
    days: ReadonlySet<number> | null,
    mayGoOn: () => Promise<boolean>,
  ): Promise<RetentionCounts & { finished: boolean }> {
    const removed = Object.fromEntries(SWEEPS.map(({ name }) => [name, 0]));
    const counts: RetentionCounts = { accounts: 0, busy: 0, removed };
    for (let after = NIL; ;) {
      const ids = await this.idsAfter(after);
      for (const id of ids.filter((each) => days === null || days.has(dayOf(each)))) {
        if (signal?.aborted) return { ...counts, finished: false };
        await this.account(id, counts, { dryRun, signal });
      }
      progress?.(counts);
      if (ids.length < PAGE_ACCOUNTS) return { ...counts, finished: !signal?.aborted };
      if (!(await mayGoOn())) return { ...counts, finished: false };
      after = ids[ids.length - 1];
    }
  }

  private async idsAfter(last: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>({
      name: 'account-ids-after',
      text: 'select accounts_after($1, $2) as id',
      values: [last, PAGE_ACCOUNTS],
    });
    return rows.map(({ id }) => id);
  }

  private async account(
    userId: string,
    counts: RetentionCounts,
    { dryRun, signal }: { dryRun: boolean; signal?: AbortSignal },
  ): Promise<void> {
    counts.accounts++;
    try {
      for (const sweep of SWEEPS) {
        const before = sweep.before(this.env, this.clock.now());
        for (let more = true; more;) {
          if (signal?.aborted) return;
          const rows = await (dryRun ? this.count(userId, sweep, before) : this.sweep(userId, sweep, before));
          counts.removed[sweep.name] += rows;
          more = !dryRun && rows === SWEEP_ROWS;
        }
      }
    } catch (error) {
      // Somebody else has the account, or it is gone: no reason to leave out the others.
      if (!isBusy(error) && !(error instanceof AppError)) throw error;
      counts.busy++;
    }
  }

  private async count(userId: string, sweep: Sweep, before: number): Promise<number> {
    const [row] = await this.database
      .of(userId)
      .query<{ count: number }>(countStatement(sweep, userId, before));
    return row.count;
  }

  /** Most accounts have nothing: they are only looked at, without the lock that pushes wait for. */
  private async sweep(userId: string, sweep: Sweep, before: number): Promise<number> {
    if ((await this.count(userId, sweep, before)) === 0) return 0;
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      await tx.take([clockLock(userId)]);
      const rows = await tx.query(sweepStatement(sweep, userId, before));
      return rows.length;
    });
  }
}

/** From the last digits, which are as good as chance. */
const dayOf = (userId: string) => Number.parseInt(userId.slice(-4), 16) % ROUND_DAYS;

/** The days of the round that have begun since; all where it was never done, or so long ago. */
export function daysSince(finishedAt: number | null, now: number): Set<number> | null {
  const today = Math.floor(now / DAY_MS);
  const last = finishedAt === null ? -Infinity : Math.floor(finishedAt / DAY_MS);
  if (today - last >= ROUND_DAYS) return null;
  const days = new Set<number>();
  for (let day = last + 1; day <= today; day++) days.add(day % ROUND_DAYS);
  return days;
}
