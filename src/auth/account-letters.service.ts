import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { Letter } from '../mail/letter.js';
import { Outbox } from '../mail/outbox.service.js';
import { type Compose, type Occasion, Postman } from '../mail/postman.service.js';
import type { AccountMailKind } from './account-mails.service.js';
import { type LinkPurpose, LinkTokens } from './link-tokens.service.js';

interface HolderRow {
  email: string;
  email_confirmed_at: string | null;
  disabled_at: string | null;
  deleted_at: string | null;
}

const LOCK_HOLDER =
  'select email, email_confirmed_at, disabled_at, deleted_at from users where id = $1 for no key update';

/** 14 December 2026, 10:05 UTC */
const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/**
 * What the e-mails of accounts say. No name in them: who signs up with somebody else's address could have this server send
 * them whatever text they like.
 */
@Injectable()
export class AccountLetters implements OnModuleInit {
  private readonly portalUrl: string;

  constructor(
    env: Env,
    private readonly database: Database,
    private readonly tokens: LinkTokens,
    private readonly outbox: Outbox,
    private readonly postman: Postman,
  ) {
    this.portalUrl = (env.portalUrl || `http://localhost:${env.port}`).replace(/\/+$/, '');
  }

  onModuleInit(): void {
    const letters: Record<AccountMailKind, Compose> = {
      'confirm-email': (occasion) => this.confirmEmail(occasion),
      'reset-password': (occasion) => this.resetPassword(occasion),
      'password-changed': () => Promise.resolve(this.passwordChanged()),
      'email-changed': () => Promise.resolve(this.emailChanged()),
      'account-deleted': (occasion) => this.accountDeleted(occasion),
      'account-restored': () => Promise.resolve(this.accountRestored()),
    };
    for (const [kind, compose] of Object.entries(letters)) this.postman.register(kind, compose);
  }

  private async confirmEmail(occasion: Occasion): Promise<Letter | null> {
    const token = await this.tokenFor(occasion, 'confirm', (holder) => holder.email_confirmed_at === null);
    if (token === null) return null;
    return {
      subject: 'Confirm your e-mail address',
      link: { label: 'Confirm this address', url: this.link('confirm-email', token) },
      paragraphs: [
        'Please confirm that this is your e-mail address, so that you can get back into your Phoenix account ' +
          'should you ever lose the password.',
        'The link works once, for three days; of several e-mails the newest counts.',
        'You have no Phoenix account? Then somebody mistyped an address, and you need do nothing.',
      ],
    };
  }

  private async resetPassword(occasion: Occasion): Promise<Letter | null> {
    const token = await this.tokenFor(occasion, 'reset', (holder) => holder.disabled_at === null);
    if (token === null) return null;
    return {
      subject: 'Choose a new password',
      link: { label: 'Choose a new password', url: this.link('reset-password', token) },
      paragraphs: [
        'Somebody, most likely you, wants to choose a new password for your Phoenix account.',
        'The link works once, for one hour; of several e-mails the newest counts. All your devices will have to sign ' +
          'in again.',
        'It was not you? Then do nothing: without this link nobody can change the password.',
      ],
    };
  }

  private passwordChanged(): Letter {
    return {
      subject: 'Your password was changed',
      link: { label: 'Choose a new password', url: `${this.portalUrl}/forgot-password` },
      paragraphs: [
        'The password of your Phoenix account was changed, and all devices were signed out. If it was not you, choose ' +
          'a new one now:',
        'If it was you, there is nothing to do.',
      ],
    };
  }

  private emailChanged(): Letter {
    return {
      subject: 'Your e-mail address was changed',
      paragraphs: [
        'Your Phoenix account now has another e-mail address, and this one no longer opens it.',
        'If it was not you, somebody knows your password: write to whoever runs this service, from this address.',
        'If it was you, there is nothing to do.',
      ],
    };
  }

  private async accountDeleted({ userId, details }: Occasion): Promise<Letter | null> {
    const [holder] = await this.database.of(userId).query<HolderRow>({
      text: 'select deleted_at from users where id = $1',
      values: [userId],
    });
    if (holder === undefined || holder.deleted_at === null) return null;
    const until = `${MOMENT.format(Number(details.purgeAt))} UTC`;
    return {
      subject: 'Your account will be deleted',
      link: { label: 'Keep the account', url: `${this.portalUrl}/undelete` },
      paragraphs: [
        `Your Phoenix account was deleted and all devices were signed out. Until ${until} you can take that back, with ` +
          'your e-mail address and your password, and nothing will be missing:',
        'After that everything in it is gone for good, and nobody can bring it back.',
        'If it was not you who deleted it, take it back and choose a new password.',
      ],
    };
  }

  private accountRestored(): Letter {
    return {
      subject: 'Your account is back',
      paragraphs: [
        'Your Phoenix account will not be deleted: it was taken back with everything in it.',
        'Sign in on your devices to go on.',
      ],
    };
  }

  /**
   * null if the e-mail is no longer wanted: it was taken back, the account has another address by now, or `needs` says no.
   */
  private tokenFor(
    { userId, id, recipient }: Occasion,
    purpose: LinkPurpose,
    needs: (holder: HolderRow) => boolean,
  ): Promise<string | null> {
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      const [holder] = await tx.query<HolderRow>({ text: LOCK_HOLDER, values: [userId] });
      if (holder === undefined || holder.email !== recipient || !needs(holder)) return null;
      if (!(await this.outbox.isWanted(tx, userId, id))) return null;
      return this.tokens.make(tx, { userId, email: recipient }, purpose);
    });
  }

  /** In the fragment, which browsers send to no server: it stands in no log and no Referer. */
  private link(page: string, token: string): string {
    return `${this.portalUrl}/${page}#token=${token}`;
  }
}
