import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import type { Sql } from '../database/sql.js';
import { MailLimits } from './mail-limits.service.js';

/** An e-mail that is wanted. */
export interface Mailing {
  userId: string;
  kind: string;
  recipient: string;
  details?: Readonly<Record<string, unknown>>;
  /** `asked`: somebody asked for it and can ask again; `notice`: it tells the owner what has been done to the account. */
  sort: 'asked' | 'notice';
}

/** E-mails an hour, for one address and for one account. Notices are worth more, and each follows a right password. */
const LIMITS = { asked: 5, notice: 20 } as const;

const ADD = `
  insert into outgoing_mails (user_id, id, kind, recipient, details, created_at, next_attempt_at)
  values ($1, $2, $3, $4, $5, $6, $6)`;

/**
 * E-mails that are to be sent, in PostgreSQL: one is there exactly if the change it tells of was committed, and until it has
 * gone out, whatever dies in between. No request waits for a mail server.
 */
@Injectable()
export class Outbox {
  /** Whether e-mail goes anywhere: without a mail server only in development, to the log. */
  readonly isOpen: boolean;
  private readonly logger = new Logger('Mail');
  private wake: () => void = () => undefined;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly limits: MailLimits,
  ) {
    this.isOpen = env.smtpUrl !== '' || env.nodeEnv === 'development';
  }

  /** Calls `wake` for each e-mail that is added. */
  onAdded(wake: () => void): void {
    this.wake = wake;
  }

  /**
   * Adds an e-mail, in the transaction of what it tells of. Nothing happens where no e-mail goes anywhere.
   * @returns null, or the seconds until one may be asked for again: too many were.
   */
  async add(tx: Sql, mailing: Mailing): Promise<number | null> {
    if (!this.isOpen) return null;
    const { userId, kind, recipient, details = {}, sort } = mailing;
    const keys = [`${sort}:account:${userId}`, `${sort}:address:${recipient}`];
    const wait = await this.limits.count(tx, keys, LIMITS[sort]);
    if (wait !== null) {
      this.logger.warn(`no ${kind} to account ${userId}: it has had ${LIMITS[sort]} within the hour`);
      return wait;
    }
    const values = [userId, uuidv7(), kind, recipient, JSON.stringify(details), this.clock.now()];
    await tx.query({ text: ADD, values });
    this.wake();
    return null;
  }

  /** Takes back what has not gone out yet, in the transaction that makes it pointless. */
  async cancel(tx: Sql, userId: string, kind: string): Promise<void> {
    await tx.query({
      text: 'delete from outgoing_mails where user_id = $1 and kind = $2',
      values: [userId, kind],
    });
  }

  /** Whether an e-mail that is being written was not taken back meanwhile. */
  async isWanted(tx: Sql, userId: string, id: string): Promise<boolean> {
    const text = 'select 1 from outgoing_mails where user_id = $1 and id = $2';
    return (await tx.query({ text, values: [userId, id] })).length > 0;
  }
}
