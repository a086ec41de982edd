import { Injectable } from '@nestjs/common';
import type { Sql } from '../database/sql.js';
import { type Mailing, Outbox } from '../mail/outbox.service.js';

/** Whom an e-mail is about. */
export interface Addressee {
  id: string;
  email: string;
}

/** The kinds of e-mail an account can cause. Names are in a table: never reused for something else. */
export type AccountMailKind =
  | 'confirm-email'
  | 'reset-password'
  | 'password-changed'
  | 'email-changed'
  | 'account-deleted'
  | 'account-restored';

/** The e-mails of accounts, each added in the transaction of what it tells of. */
@Injectable()
export class AccountMails {
  constructor(private readonly outbox: Outbox) {}

  /** Whether any of them goes anywhere. */
  get isOpen(): boolean {
    return this.outbox.isOpen;
  }

  /** @returns null, or the seconds to wait: too many were asked for. */
  confirmation(tx: Sql, to: Addressee): Promise<number | null> {
    return this.add(tx, to, { kind: 'confirm-email', sort: 'asked' });
  }

  reset(tx: Sql, to: Addressee): Promise<number | null> {
    return this.add(tx, to, { kind: 'reset-password', sort: 'asked' });
  }

  /** A link that is still to be sent would let in whom the change was to keep out. */
  async passwordChanged(tx: Sql, to: Addressee): Promise<void> {
    await this.outbox.cancel(tx, to.id, 'reset-password');
    await this.add(tx, to, { kind: 'password-changed', sort: 'notice' });
  }

  /** @param to the old address: who reads it may be the one who knows nothing of the change. */
  async emailChanged(tx: Sql, to: Addressee): Promise<void> {
    await this.outbox.cancel(tx, to.id, 'reset-password');
    await this.add(tx, to, { kind: 'email-changed', sort: 'notice' });
  }

  async deleted(tx: Sql, to: Addressee, purgeAt: number): Promise<void> {
    await this.add(tx, to, { kind: 'account-deleted', sort: 'notice', details: { purgeAt } });
  }

  async restored(tx: Sql, to: Addressee): Promise<void> {
    await this.add(tx, to, { kind: 'account-restored', sort: 'notice' });
  }

  private add(
    tx: Sql,
    { id, email }: Addressee,
    mailing: Pick<Mailing, 'sort' | 'details'> & { kind: AccountMailKind },
  ): Promise<number | null> {
    return this.outbox.add(tx, { userId: id, recipient: email, ...mailing });
  }
}
