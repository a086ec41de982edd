import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { AccountMails } from './account-mails.service.js';
import type { AuthUser } from './auth-user.js';
import { LinkTokens } from './link-tokens.service.js';
import { readOwnedToken } from './owned-token.js';

const LOCK = 'select email, email_confirmed_at from users where id = $1 for no key update';
const CONFIRM = 'update users set email_confirmed_at = $2 where id = $1 and email_confirmed_at is null';

/** Whether an account's address is its owner's. Nothing depends on it but what the profile says. */
@Injectable()
export class EmailConfirmation {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly mails: AccountMails,
    private readonly tokens: LinkTokens,
  ) {}

  /**
   * Sends the link again. @returns whether the address was confirmed already, and nothing sent.
   * @throws AppError mail.not_configured, mail.too_many
   */
  async ask({ id }: AuthUser): Promise<boolean> {
    if (!this.mails.isOpen) throw new AppError('mail.not_configured');
    return this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      const [user] = await tx.query<{ email: string; email_confirmed_at: string | null }>({
        text: LOCK,
        values: [id],
      });
      if (user === undefined) throw new AppError('auth.token_revoked');
      if (user.email_confirmed_at !== null) return true;
      const wait = await this.mails.confirmation(tx, { id, email: user.email });
      if (wait !== null) throw new AppError('mail.too_many', { retryAfterSeconds: wait });
      return false;
    });
  }

  /** @throws AppError auth.link_invalid */
  async confirm(token: string): Promise<void> {
    const userId = readOwnedToken(token)?.userId;
    if (userId === undefined) throw new AppError('auth.link_invalid');
    await this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      await tx.query({ text: LOCK, values: [userId] });
      if (!(await this.tokens.use(tx, token, 'confirm'))) throw new AppError('auth.link_invalid');
      await tx.query({ text: CONFIRM, values: [userId, this.clock.now()] });
    });
  }
}
