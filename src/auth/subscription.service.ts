import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { Row, Sql } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import { isStranger, strangerId } from './subscription/holders.js';
import {
  endOf,
  type HeldSubscription,
  holdingsOf,
  OPERATOR,
  OPERATOR_GRANT,
  OPERATOR_REVOKE,
  TRANSFER,
} from './subscription/ledger.js';
import {
  fileLine,
  heirsOf,
  inherit,
  type LedgerLine,
  ledgersNaming,
  lockLedgers,
  type NewLine,
  readLedger,
  renameHolder,
} from './subscription/ledger-rows.js';
import { UsersService } from './users.service.js';

/** What an account has paid for, as it stands in its row. */
export interface Subscription {
  subscriptionStatus: string;
  /** Epoch ms; null: without end. */
  subscriptionExpiresAt: number | null;
}

/** `gone`: none of the owners is there any more, or not the one that is needed, and nothing was written. */
export type Filed = 'new' | 'known' | 'gone';

const PREMIUM = 'premium';
const FREE: Subscription = { subscriptionStatus: 'free', subscriptionExpiresAt: null };
const HOUR_MS = 3_600_000;
/** More accounts and strangers than transfers ever join. */
const MAX_LEDGERS = 256;

const READ = 'select subscription_status, subscription_expires_at from users where id = $1';

/** An answer that stays as it is writes nothing. */
const SETTLE = `
  update users set subscription_status = $2, subscription_expires_at = $3, updated_at = $4
  where id = $1 and (subscription_status, subscription_expires_at) is distinct from ($2::varchar, $3::bigint)`;

/**
 * The only place that answers "is this user premium now?", and the only one that changes the answer. The answer stands in
 * the account's row, where every request reads it; it follows from the account's ledger and is written with each line that
 * comes into it, under a lock. See docs/decisions/0012-subscriptions-are-a-ledger.md.
 */
@Injectable()
export class SubscriptionService {
  private readonly graceMs: number;

  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly users: UsersService,
  ) {
    this.graceMs = env.premiumGraceHours * HOUR_MS;
  }

  /** A subscription outlives its end by a grace period: a late renewal should not stop a phone from syncing. */
  isPremium({ subscriptionStatus, subscriptionExpiresAt }: Subscription): boolean {
    if (subscriptionStatus !== PREMIUM) return false;
    return subscriptionExpiresAt === null || this.clock.now() < subscriptionExpiresAt + this.graceMs;
  }

  /** Premium by an operator's word, beside what stores say. @returns null if no account has the address. */
  async grant(email: string, until: number | null, reason?: string): Promise<Subscription | null> {
    const userId = await this.findAccount(email);
    return userId === null ? null : this.grantTo(userId, until, reason);
  }

  /** @returns null if there is no such account. */
  grantTo(userId: string, until: number | null, reason?: string): Promise<Subscription | null> {
    return this.say(userId, { type: OPERATOR_GRANT, expiresAt: until, reason: reason ?? null });
  }

  /**
   * Ends whatever runs, an operator's grant and stores' subscriptions alike, with the next request and without grace. What
   * a store says afterwards, a renewal say, counts again. @returns null if no account has the address.
   */
  async revoke(email: string, reason?: string): Promise<Subscription | null> {
    const userId = await this.findAccount(email);
    return userId === null ? null : this.revokeFrom(userId, reason);
  }

  /** @returns null if there is no such account. */
  revokeFrom(userId: string, reason?: string): Promise<Subscription | null> {
    return this.say(userId, { type: OPERATOR_REVOKE, reason: reason ?? null });
  }

  /** @returns null if no account has the address. */
  async find(email: string): Promise<Subscription | null> {
    const userId = await this.findAccount(email);
    return userId === null ? null : this.current(this.database.of(userId), userId);
  }

  /** @returns null if no account has the address. */
  findAccount(email: string): Promise<string | null> {
    return this.users.findId(email);
  }

  /** Everything that was said about an account, in the order in which it happened. */
  async ledgerOf(userId: string): Promise<LedgerLine[]> {
    return (await this.database.of(userId).query(readLedger(userId))) as unknown as LedgerLine[];
  }

  /** What the answer follows from. */
  async heldBy(userId: string): Promise<(HeldSubscription & { counts: boolean })[]> {
    const held = this.holdings(userId, await this.ledgerOf(userId));
    return held.map((each) => ({ ...each, counts: this.runs(each) }));
  }

  /**
   * Writes a line into the ledgers of these accounts and strangers, and the answer that follows from it for every account
   * it touches. The same line again changes nothing. Whoever a transfer names has to be among `owners`: who is locked and
   * no account any more has been deleted since the caller looked, and is named in no ledger.
   * @param needed nothing is written without this account.
   */
  record(line: NewLine, owners: readonly string[], needed?: string): Promise<Filed> {
    return this.inLedgers({ ids: owners }, async (tx, { ids, accounts }) => {
      if (needed !== undefined && !accounts.includes(needed)) return 'gone';
      const thereOf = (named: readonly string[]) =>
        named.filter((id) => accounts.includes(id) || isStranger(id));
      const ledgers = thereOf(owners);
      if (ledgers.length === 0) return 'gone';
      const { transferredFrom: from, transferredTo: to } = line;
      const transferred = { transferredFrom: from && thereOf(from), transferredTo: to && thereOf(to) };
      if (!(await fileLine(tx, ledgers, { ...line, ...transferred }))) return 'known';
      const heirs = await heirsOf(tx, ids);
      if (ids.length + heirs.length > MAX_LEDGERS)
        throw new Error(`the transfers of an account go on to ${heirs.length} others`);
      if (heirs.length > 0) throw new NotDeclared(heirs);
      await inherit(tx, thereOf(ids));
      for (const userId of accounts) await this.settleIn(tx, userId);
      return 'new';
    });
  }

  /** Works the answer out again, after a change of settings or of the rules. @returns null if there is no such account. */
  settle(userId: string): Promise<Subscription | null> {
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      const accounts = await lockLedgers(tx, [userId]);
      if (accounts.length === 0) return null;
      await this.settleIn(tx, userId);
      return this.current(tx, userId);
    });
  }

  /**
   * Gives an account what a store's service knows under a name of nobody here: bought before the first sign-in, or under a
   * wrong name. @returns how many lines came over, null if there is no such account.
   */
  async adopt(userId: string, name: string, reason: string): Promise<number | null> {
    const stranger = strangerId(name);
    const before = await this.ledgerOf(userId);
    const transferred = { transferredFrom: [stranger], transferredTo: [userId] };
    // Of no store: it is about whatever was bought.
    const line = await this.lineOf(userId, { type: TRANSFER, store: null, reason, ...transferred });
    // A stranger is always there: only the account tells whether there is somebody to give it to.
    if ((await this.record(line, [userId, stranger], userId)) === 'gone') return null;
    return (await this.ledgerOf(userId)).length - before.length - 1;
  }

  /**
   * The last transaction of an account: `last` deletes it, and its name goes out of every ledger of others that transfers
   * have brought it to. It gets one made by chance there: whose it was cannot be told any more, and what it had stays with
   * whom it went to. Both come in one commit: until then the account and its name are whole, so that what is still said
   * of it goes on to its heirs; from then on nobody writes the name again, for `record` finds no such account.
   */
  async forget(userId: string, last: (tx: Transaction) => Promise<void>): Promise<void> {
    const others = await this.naming(this.database, userId);
    await this.inLedgers({ ids: [userId, ...others], ending: userId }, async (tx, { ids }) => {
      // Asked again under the locks: only from a ledger that names it can the name have gone on since.
      const further = (await this.naming(tx, userId)).filter((id) => !ids.includes(id));
      if (further.length > 0) throw new NotDeclared(further);
      const rest = ids.filter((id) => id !== userId);
      await renameHolder(tx, rest, { holder: userId, name: randomUUID() });
      await last(tx);
    });
  }

  /** Whose ledgers name this account, beside its own. */
  private async naming(sql: Sql, userId: string): Promise<string[]> {
    return (await sql.query<{ id: string }>(ledgersNaming(userId))).map(({ id }) => id);
  }

  /**
   * Runs `work` in one transaction in which these accounts and strangers are declared and locked; from the beginning again,
   * with more of them, where it throws `NotDeclared`.
   */
  private async inLedgers<T>(
    { ids, ending }: { ids: readonly string[]; ending?: string },
    work: (tx: Transaction, locked: { ids: readonly string[]; accounts: string[] }) => Promise<T>,
  ): Promise<T> {
    for (let declared = ids; ;)
      try {
        return await this.database.of(declared).transaction({ mode: 'write' }, async (tx) => {
          const accounts = await lockLedgers(tx, declared, ending);
          return work(tx, { ids: declared, accounts });
        });
      } catch (error) {
        if (!(error instanceof NotDeclared)) throw error;
        declared = [...declared, ...error.further];
      }
  }

  /** What an operator says, after everything that was said before: it decides even where clocks differ. */
  private async say(
    userId: string,
    said: Pick<NewLine, 'type' | 'reason'> & Partial<NewLine>,
  ): Promise<Subscription | null> {
    const filed = await this.record(await this.lineOf(userId, said), [userId]);
    return filed === 'gone' ? null : this.current(this.database.of(userId), userId);
  }

  private async lineOf(
    userId: string,
    said: Pick<NewLine, 'type' | 'reason'> & Partial<NewLine>,
  ): Promise<NewLine> {
    const now = this.clock.now();
    const ledger = await this.ledgerOf(userId);
    return {
      eventId: `operator-${randomUUID()}`,
      eventAt: Math.max(now, ...ledger.map(({ eventAt }) => eventAt + 1)),
      receivedAt: now,
      store: OPERATOR,
      environment: null,
      productId: null,
      subscriptionKey: null,
      transactionId: null,
      purchasedAt: null,
      expiresAt: null,
      graceUntil: null,
      entitlements: [],
      transferredFrom: null,
      transferredTo: null,
      ...said,
    };
  }

  private async settleIn(tx: Transaction, userId: string): Promise<void> {
    const ledger = (await tx.query(readLedger(userId))) as unknown as LedgerLine[];
    const { subscriptionStatus, subscriptionExpiresAt } = this.answerOf(this.holdings(userId, ledger));
    const values = [userId, subscriptionStatus, subscriptionExpiresAt, this.clock.now()];
    await tx.query({ text: SETTLE, values });
  }

  private holdings(userId: string, ledger: readonly LedgerLine[]): HeldSubscription[] {
    return holdingsOf(userId, ledger, { countsSandbox: this.countsSandbox });
  }

  /** Purchases of testers cost nothing: on a server for everybody they give nothing. */
  private get countsSandbox(): boolean {
    return this.env.nodeEnv !== 'production';
  }

  private runs(held: HeldSubscription): boolean {
    return endOf(held, { entitlements: this.env.revenuecatEntitlements }) !== undefined;
  }

  /** Does not look at the clock: what has come to its end by itself stays premium until then, and `isPremium` judges. */
  private answerOf(held: readonly HeldSubscription[]): Subscription {
    const ends = held.flatMap((each) => {
      const end = endOf(each, { entitlements: this.env.revenuecatEntitlements });
      return end === undefined ? [] : [end];
    });
    if (ends.length === 0) return FREE;
    const last = ends.includes(null) ? null : Math.max(...ends.filter((end) => end !== null));
    return { subscriptionStatus: PREMIUM, subscriptionExpiresAt: last };
  }

  private async current(sql: Sql, userId: string): Promise<Subscription | null> {
    const [row] = await sql.query<SubscriptionRow & Row>({ text: READ, values: [userId] });
    return row === undefined ? null : subscriptionOf(row);
  }
}

/** Rolls a transaction back that has to begin again with more ledgers declared. */
class NotDeclared extends Error {
  constructor(readonly further: readonly string[]) {
    super('further ledgers have to be declared');
  }
}

export interface SubscriptionRow {
  subscription_status: string;
  subscription_expires_at: string | null;
}

export const subscriptionOf = (row: SubscriptionRow): Subscription => ({
  subscriptionStatus: row.subscription_status,
  subscriptionExpiresAt: row.subscription_expires_at === null ? null : Number(row.subscription_expires_at),
});
