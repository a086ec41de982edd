import { Injectable } from '@nestjs/common';
import { isBusy, isUnavailable } from '../common/database-fault.js';
import type { AccountSql } from '../database/account-sql.js';
import { Database } from '../database/database.js';
import { Replica } from '../database/replica.js';
import type { Row, Sql, Statement } from '../database/sql.js';
import { Clocks } from './clocks.js';

const SNAPSHOT = { mode: 'snapshot' } as const;

const clockOf = (userId: string): Statement => ({
  name: 'replica-clock',
  text: 'select clock::float8 as clock from sync_clock where user_id = $1',
  values: [userId],
});

/** The replica has not come so far. */
class Behind extends Error {}

function assertNotBehind([held]: readonly Row[], clock: number | undefined): void {
  if (clock === undefined || held === undefined || (held.clock as number) < clock) throw new Behind();
}

/**
 * What a portal shows is read from a replica, where there is one, and is never older than what the account has been
 * answered: a replica counts only if it has the account's clock of the primary. All records of an account are written in
 * order, together with this clock (push.service.ts), so whoever has the clock has everything up to it. Otherwise, and
 * whenever the replica fails, the primary is asked. Sync and sign-in never read here.
 */
@Injectable()
export class PortalReads {
  constructor(
    private readonly database: Database,
    private readonly replica: Replica,
    private readonly clocks: Clocks,
  ) {}

  /** For single statements. */
  of(userId: string): Sql {
    const query = <T = Row>(statement: Statement): Promise<T[]> =>
      this.first(
        userId,
        async (sql) => {
          // In this order: what is read after the clock is at least as new.
          const reading = sql.queryAll([clockOf(userId), statement]);
          const [[held = [], rows = []], clock] = await Promise.all([reading, this.clocks.read(userId)]);
          assertNotBehind(held, clock);
          return rows as T[];
        },
        () => this.database.of(userId).query<T>(statement),
      );
    return { query };
  }

  /** For several that must agree. */
  snapshot<T>(userId: string, work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.first(
      userId,
      (sql) =>
        sql.transaction(SNAPSHOT, async (tx) => {
          const [held, clock] = await Promise.all([tx.query(clockOf(userId)), this.clocks.read(userId)]);
          assertNotBehind(held, clock);
          return work(tx);
        }),
      () => this.database.of(userId).transaction(SNAPSHOT, work),
    );
  }

  /** For what the clock does not count. `isCurrent` asks the primary, at less cost than reading there. */
  checked<T>(
    userId: string,
    read: (sql: Sql) => Promise<T>,
    isCurrent: (found: T, primary: Sql) => Promise<boolean>,
  ): Promise<T> {
    const primary = this.database.of(userId);
    return this.first(
      userId,
      async (sql) => {
        const found = await read(sql).catch((error: unknown) => {
          // It may not know yet what is asked for.
          throw isUnavailable(error) ? error : new Behind();
        });
        if (!(await isCurrent(found, primary))) throw new Behind();
        return found;
      },
      () => read(primary),
    );
  }

  private async first<T>(
    userId: string,
    onReplica: (sql: AccountSql) => Promise<T>,
    onPrimary: () => Promise<T>,
  ): Promise<T> {
    const sql = this.replica.of(userId);
    if (sql === undefined) return onPrimary();
    try {
      return await onReplica(sql);
    } catch (error) {
      if (isUnavailable(error)) this.replica.rest(error);
      // Busy: what was read has just been replayed away.
      else if (!(error instanceof Behind) && !isBusy(error)) throw error;
    }
    return onPrimary();
  }
}
