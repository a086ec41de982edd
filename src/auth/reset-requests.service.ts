import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Recurring } from '../common/recurring.js';
import { Database } from '../database/database.js';
import { MailLimits } from '../mail/mail-limits.service.js';
import { AccountMails } from './account-mails.service.js';
import { UsersService } from './users.service.js';

/** Asked for per address and hour, whether or not it has an account; more are answered alike and not served. */
const LIMIT = 5;
const AT_ONCE = 100;
/** Finds what a process left behind that died in between. */
const POLL_MS = 60_000;
/** Not at once, and not always after the same time: the next request shall not tell whether there was something to do. */
const WAKE_MS = 100;
const JITTER_MS = 400;

const ADD = `
  insert into reset_requests (email, requested_at) values ($1, $2)
  on conflict (email) do update set requested_at = excluded.requested_at`;
const WAITING =
  'select email, requested_at::float8 as requested_at from reset_requests order by requested_at limit $1';
/** One process serves it: the others find it gone. */
const TAKE = 'delete from reset_requests where email = $1 and requested_at = $2 returning email';

const HOLD = 'select 1 from users where id = $1 for key share';

interface Waiting {
  email: string;
  requested_at: number;
}

/**
 * Forgotten passwords. A request is written down and answered, by the same statements for every address, and served
 * afterwards: neither the answer nor its time tells whether there is an account.
 */
@Injectable()
export class ResetRequests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly recurring: Recurring;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly limits: MailLimits,
    private readonly mails: AccountMails,
    private readonly users: UsersService,
  ) {
    const logger = new Logger('ResetRequests');
    this.recurring = new Recurring({
      everyMs: POLL_MS,
      jitterMs: JITTER_MS,
      work: (signal) => this.serve(signal),
      failed: (error) => logger.error(error),
    });
  }

  onApplicationBootstrap(): void {
    if (this.mails.isOpen) this.recurring.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.recurring.stop();
  }

  /** @throws AppError mail.not_configured */
  async add(email: string): Promise<void> {
    if (!this.mails.isOpen) throw new AppError('mail.not_configured');
    const wait = await this.limits.count(this.database, [`reset:${email}`], LIMIT);
    if (wait !== null) return;
    await this.database.query({ name: 'auth.add-reset', text: ADD, values: [email, this.clock.now()] });
    this.recurring.soon(WAKE_MS);
  }

  private async serve(signal: AbortSignal): Promise<void> {
    for (;;) {
      const waiting = await this.database.query<Waiting>({ text: WAITING, values: [AT_ONCE] });
      for (const request of waiting) {
        if (signal.aborted) return;
        await this.serveOne(request);
      }
      if (waiting.length < AT_ONCE) return;
    }
  }

  /** The e-mail is in the outbox exactly if the request is no longer here. */
  private async serveOne({ email, requested_at }: Waiting): Promise<void> {
    const id = await this.users.findId(email);
    await this.database.of(id ?? []).transaction({ mode: 'write' }, async (tx) => {
      const taken = await tx.query({ text: TAKE, values: [email, requested_at] });
      if (taken.length === 0 || id === null) return;
      // Held, so that no e-mail outlives its account.
      const [held] = await tx.query({ text: HOLD, values: [id] });
      if (held !== undefined) await this.mails.reset(tx, { id, email });
    });
  }
}
