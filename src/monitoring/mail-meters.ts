import { Injectable } from '@nestjs/common';
import type { Count } from './cells.js';
import type { Family } from './family.js';
import { Meters } from './meters.js';

/** `delayed`: it will be tried again; `given_up`: nobody gets it, for it was refused or is three days old. */
const OUTCOMES = ['sent', 'delayed', 'given_up'] as const;
export type MailOutcome = (typeof OUTCOMES)[number];

/** What becomes of e-mails: an account whose reset never arrives tells nobody. */
@Injectable()
export class MailMeters {
  private readonly attempts: Family<'outcome', Count>;

  constructor(meters: Meters) {
    this.attempts = meters.counts(
      'mail_attempts_total',
      'Attempts to send an e-mail, by outcome: sent, delayed (tried again later), given_up.',
      ['outcome'],
    );
    for (const outcome of OUTCOMES) this.attempts.of({ outcome });
  }

  attempted(outcome: MailOutcome): void {
    this.attempts.of({ outcome }).add();
  }
}
