import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Recurring } from '../common/recurring.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import { MailMeters } from '../monitoring/mail-meters.js';
import type { Letter } from './letter.js';
import { LogTransport } from './log-transport.js';
import { MailFailure, type MailTransport } from './mail-transport.js';
import { Outbox } from './outbox.service.js';
import { SmtpTransport } from './smtp-transport.js';

/** Letters that are looked up at once. */
const DUE_AT_ONCE = 20;
/** Longer than a letter may take; then another process takes it for given up. */
const LEASE_MS = 120_000;
/** For what another process added, and for what failed. */
const POLL_MS = 30_000;
/** Not at once: how busy this process is would tell the next request whether there was something to send. */
const WAKE_MS = 250;
const JITTER_MS = 500;
/** After the first failed attempt, the second …; the last holds for all further ones. */
const RETRY_MS = [10_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
const GIVE_UP_MS = 3 * 86_400_000;

/** An account for each letter that is due. */
const DUE = 'select accounts_with_mail($1, $2) as user_id';
/** The account's next letter. One process gets it: the others pass it over and then find it not due any more. */
const TAKE = `
  with due as (
    select id from outgoing_mails where user_id = $1 and next_attempt_at <= $2
    order by next_attempt_at limit 1 for update skip locked)
  update outgoing_mails m set attempts = m.attempts + 1, next_attempt_at = $3
  from due where m.user_id = $1 and m.id = due.id
  returning m.id, m.kind, m.recipient, m.details, m.created_at::float8 as created_at, m.attempts`;
const PUT_BACK = 'update outgoing_mails set next_attempt_at = $3 where user_id = $1 and id = $2';
const REMOVE = 'delete from outgoing_mails where user_id = $1 and id = $2';

interface TakenRow {
  id: string;
  kind: string;
  recipient: string;
  details: Record<string, unknown>;
  created_at: number;
  attempts: number;
}

/** What a letter is written from. */
export interface Occasion {
  userId: string;
  /** Of the e-mail. */
  id: string;
  recipient: string;
  details: Record<string, unknown>;
}

/** Writes a letter in the moment it goes out, so that no secret waits in a table; null: it is no longer wanted. */
export type Compose = (occasion: Occasion) => Promise<Letter | null>;

/**
 * Takes e-mails from the outbox and hands them to the mail server. Each is removed when the server has taken it, so it may
 * arrive twice if this process dies in between, and never not at all; see docs/decisions/0011-mail-from-an-outbox.md.
 */
@Injectable()
export class Postman implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly kinds = new Map<string, Compose>();
  private readonly transport: MailTransport;
  private readonly recurring: Recurring;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly meters: MailMeters,
  ) {
    this.transport = env.smtpUrl === '' ? new LogTransport() : new SmtpTransport(env);
    this.recurring = new Recurring({
      everyMs: POLL_MS,
      jitterMs: JITTER_MS,
      work: (signal) => this.deliverDue(signal),
      failed: (error) => this.logger.error(error),
    });
  }

  /** Says how letters of a kind are written. */
  register(kind: string, compose: Compose): void {
    this.kinds.set(kind, compose);
  }

  onApplicationBootstrap(): void {
    if (!this.outbox.isOpen) return;
    this.outbox.onAdded(() => this.recurring.soon(WAKE_MS));
    this.recurring.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.recurring.stop();
    this.transport.close();
  }

  private async deliverDue(signal: AbortSignal): Promise<void> {
    for (;;) {
      const values = [this.clock.now(), DUE_AT_ONCE];
      const due = await this.database.query<{ user_id: string }>({ name: 'mail.due', text: DUE, values });
      for (const { user_id } of due) {
        if (signal.aborted) return;
        // The others would only wait for the same timeout; they are due again with the next round.
        if ((await this.deliverNext(user_id)) === 'down') return;
      }
      if (due.length < DUE_AT_ONCE) return;
    }
  }

  private async deliverNext(userId: string): Promise<'done' | 'down'> {
    const now = this.clock.now();
    const sql = this.database.of(userId);
    const [taken] = await sql.query<TakenRow>({ text: TAKE, values: [userId, now, now + LEASE_MS] });
    if (taken === undefined) return 'done';
    const { id } = taken;
    const name = `${taken.kind} ${id}`;
    const failure = await this.attempt(userId, taken);
    if (failure === null) {
      await sql.query({ text: REMOVE, values: [userId, id] });
      return 'done';
    }
    if (failure.kind === 'refused' || now - taken.created_at >= GIVE_UP_MS) {
      this.meters.attempted('given_up');
      await sql.query({ text: REMOVE, values: [userId, id] });
      this.logger.error(`${name} is given up after ${taken.attempts} attempts: ${failure.message}`);
      return 'done';
    }
    const wait = RETRY_MS[Math.min(taken.attempts, RETRY_MS.length) - 1] ?? 0;
    await sql.query({ text: PUT_BACK, values: [userId, id, now + wait] });
    this.meters.attempted('delayed');
    this.logger.warn(`${name} is tried again in ${wait / 1000} s: ${failure.message}`);
    return failure.kind === 'down' ? 'down' : 'done';
  }

  /** @returns null if it is done with. */
  private async attempt(userId: string, taken: TakenRow): Promise<MailFailure | null> {
    const { id, kind, recipient, details } = taken;
    const compose = this.kinds.get(kind);
    // Put there by a newer version of this program, which is about to take over.
    if (compose === undefined) return new MailFailure('failed', 'this version does not know such mails');
    try {
      const letter = await compose({ userId, id, recipient, details });
      if (letter === null) return null;
      await this.transport.send({ ...letter, id, to: recipient });
      this.meters.attempted('sent');
      this.logger.log(`${kind} ${id} sent`);
      return null;
    } catch (error) {
      if (error instanceof MailFailure) return error;
      this.logger.error(error);
      return new MailFailure('failed', 'it could not be written');
    }
  }
}
