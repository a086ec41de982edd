import { Injectable } from '@nestjs/common';
import { DataSource, type EntityMetadata } from 'typeorm';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import type { AccountSql } from '../database/account-sql.js';
import { BillingEvent } from './subscription/billing-event.entity.js';
import { SubscriptionService } from './subscription.service.js';
import { TokensService } from './tokens.service.js';

/** Rows that one statement deletes: each is a transaction of its own, of some tens of milliseconds. */
const BATCH = 1000;
/** Accounts that are looked up at once. */
const DUE_AT_ONCE = 100;

/** Any constant will do, as long as every version of this program uses the same. */
const PURGE_LOCK = 7_034_110_519;

/** From here on there is no way back: undeletion needs a `purge_after_at` that is still to come. */
const BEGIN = 'update users set deleted_at = coalesce(deleted_at, $2), purge_after_at = 0 where id = $1';
/** The account as its owner has just proved to know it, and nobody has deleted it since. */
const BEGIN_OWN = `${BEGIN} and password_hash = $3 and deleted_at is null returning id`;
/** The owner may have taken it back since it was found. */
const BEGIN_DUE = `${BEGIN} and purge_after_at <= $2 returning id`;
const BEGIN_ANY = `${BEGIN} returning id`;

const DUE = 'select accounts_to_purge($1, $2) as id';

export interface PurgeOptions {
  /** Told the number of rows after each batch. */
  progress?: (rows: number) => void;
  /** Stops between two batches; what is left is the next purge's. */
  signal?: AbortSignal;
}

/**
 * Deletes accounts for good: every row of every table, and its name out of the ledgers of others. Invariant: a table belongs
 * to users exactly if its entity has a `userId`, so a new table is covered by being one. It begins with one transaction that
 * ends every sign-in, takes away the sync clock, which every writer of synced data locks and needs, and cannot be undone;
 * after it no phone reads or writes the account, so the rest goes in small transactions, is safe to interrupt, and is taken
 * up again by whoever comes next. Stores may speak of it to the end: its ledger goes whole, in the last transaction.
 * See docs/decisions/0010-deletion-with-a-way-back.md.
 */
@Injectable()
export class AccountDeletion {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly tokens: TokensService,
    private readonly subscriptions: SubscriptionService,
  ) {}

  /** @returns false, with nothing done, if the account is gone, deleted, or has another password by now. */
  async purgeOwn({ id, passwordHash }: { id: string; passwordHash: string }): Promise<boolean> {
    if (!(await this.begin(id, BEGIN_OWN, [id, this.clock.now(), passwordHash]))) return false;
    await this.finish(id);
    return true;
  }

  /** Whatever state the account is in. @returns false if there is none, or if it was interrupted. */
  async purge(id: string, options: PurgeOptions = {}): Promise<boolean> {
    if (!(await this.begin(id, BEGIN_ANY, [id, this.clock.now()]))) return false;
    return this.finish(id, options);
  }

  /**
   * Purges every account whose time has come. Of several processes one does it and the others find nothing to do; should two
   * meet all the same, each account is begun by one of them.
   * @returns how many.
   */
  purgeDue(options: PurgeOptions = {}): Promise<number> {
    return this.database.transaction({ mode: 'write' }, async (tx) => {
      // Holds the lock and nothing else while the purges run in transactions of their own.
      await tx.query({ text: 'set local idle_in_transaction_session_timeout = 0' });
      const [lock] = await tx.query<{ mine: boolean }>({
        text: 'select pg_try_advisory_xact_lock($1) as mine',
        values: [PURGE_LOCK],
      });
      return lock.mine ? this.purgeAllDue(options) : 0;
    });
  }

  private async purgeAllDue(options: PurgeOptions): Promise<number> {
    let purged = 0;
    for (;;) {
      const now = this.clock.now();
      const due = await this.database.query<{ id: string }>({ text: DUE, values: [now, DUE_AT_ONCE] });
      const failures: unknown[] = [];
      for (const { id } of due) {
        if (options.signal?.aborted) return purged;
        try {
          if (!(await this.begin(id, BEGIN_DUE, [id, now]))) continue;
          if (await this.finish(id, options)) purged++;
        } catch (error) {
          // Those that were begun come first in every round: one that cannot be finished must not keep the others.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      if (due.length < DUE_AT_ONCE) return purged;
    }
  }

  /** The clock is locked first, as every writer does: a push that waited finds none afterwards. */
  private begin(id: string, text: string, values: unknown[]): Promise<boolean> {
    return this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await tx.query({ text: 'select 1 from sync_clock where user_id = $1 for update', values: [id] });
      const begun = await tx.query({ text, values });
      if (begun.length === 0) return false;
      await tx.query({ text: 'delete from sync_clock where user_id = $1', values: [id] });
      await this.tokens.revokeAll(tx, id);
      return true;
    });
  }

  /** @returns false if it was interrupted. */
  private async finish(id: string, { progress, signal }: PurgeOptions = {}): Promise<boolean> {
    const tables = this.tables();
    const sql = this.database.of(id);
    let rows = 0;
    for (const table of tables.filter(({ isLedger }) => !isLedger))
      for (let deleted = BATCH; deleted === BATCH;) {
        if (signal?.aborted) return false;
        deleted = await deleteBatch(sql, table, id);
        rows += deleted;
        progress?.(rows);
      }
    // What a request that was let in before the beginning has written since goes with the account itself.
    await this.subscriptions.forget(id, async (tx) => {
      for (const { name, owner } of tables)
        await tx.query({ text: `delete from ${name} where ${owner} = $1`, values: [id] });
      await tx.query({ text: 'delete from users where id = $1', values: [id] });
    });
    return true;
  }

  private tables(): OwnedTable[] {
    const { driver, entityMetadatas } = this.dataSource;
    return entityMetadatas.flatMap((metadata: EntityMetadata) => {
      const owner = metadata.findColumnWithPropertyName('userId');
      if (!owner) return [];
      const [name, column] = [metadata.tableName, owner.databaseName].map((each) => driver.escape(each));
      return [{ name, owner: column, isLedger: metadata.target === BillingEvent }];
    });
  }
}

/** Names as SQL writes them. */
interface OwnedTable {
  name: string;
  owner: string;
  /** Written and deleted under the locks of ledgers only: half of one would give half to its heirs. */
  isLedger: boolean;
}

async function deleteBatch(sql: AccountSql, { name, owner }: OwnedTable, id: string): Promise<number> {
  const [{ deleted }] = await sql.query<{ deleted: number }>({
    text: `
      with gone as (
        delete from ${name} where ${owner} = $1 and ctid = any(array(
          select ctid from ${name} where ${owner} = $1 limit ${BATCH})) returning 1)
      select count(*)::int as deleted from gone`,
    values: [id],
  });
  return deleted;
}
