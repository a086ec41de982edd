import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { AccountMails } from './account-mails.service.js';
import { CredentialsService } from './credentials.service.js';
import { LinkTokens } from './link-tokens.service.js';
import { LoginAttempts } from './login-attempts.service.js';
import { TokensService } from './tokens.service.js';

/** Who follows the link reads the mail of this address. */
const SET_PASSWORD = `
  update users set password_hash = $2, email_confirmed_at = coalesce(email_confirmed_at, $3), updated_at = $3
  where id = $1`;

/** Sets a new password for who has the link but not the old one. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly credentials: CredentialsService,
    private readonly attempts: LoginAttempts,
    private readonly mails: AccountMails,
    private readonly links: LinkTokens,
    private readonly tokens: TokensService,
  ) {}

  /**
   * Ends every sign-in of the account. A refused password leaves the link good.
   * @throws AppError auth.link_invalid, auth.password_common
   */
  async run({ token, newPassword }: { token: string; newPassword: string }): Promise<void> {
    // Looked at first: hashing is not for strangers.
    const holder = await this.links.look(token, 'reset');
    if (holder === null) throw new AppError('auth.link_invalid');
    const { userId: id, email } = holder;
    const hash = await this.credentials.newHash({ password: newPassword, email, field: 'newPassword' });
    await this.database.of(id).transaction({ mode: 'write' }, async (tx) => {
      await tx.query({ text: 'select 1 from users where id = $1 for no key update', values: [id] });
      if (!(await this.links.use(tx, token, 'reset'))) throw new AppError('auth.link_invalid');
      await tx.query({ text: SET_PASSWORD, values: [id, hash, this.clock.now()] });
      await this.tokens.revokeAll(tx, id);
      await this.links.voidAll(tx, id);
      await this.mails.passwordChanged(tx, { id, email });
    });
    await this.attempts.forget(email);
  }
}
