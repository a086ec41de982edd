import type { Letter } from './letter.js';

/** A letter on its way. */
export interface Posted extends Letter {
  /** The same at every attempt: a mailbox that gets the letter twice can know it. */
  id: string;
  to: string;
}

/** Why a letter did not go out. */
export class MailFailure extends Error {
  constructor(
    /** `refused`: this address takes no mail, now or later; `down`: no letter can go out now; `failed`: this one did not. */
    readonly kind: 'refused' | 'down' | 'failed',
    /** Fit for the log: codes only, since servers like to repeat addresses. */
    message: string,
  ) {
    super(message);
  }
}

/** Hands letters on. */
export interface MailTransport {
  /** Takes at most half a minute. @throws MailFailure */
  send(posted: Posted): Promise<void>;
  close(): void;
}
