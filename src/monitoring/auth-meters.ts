import { Injectable } from '@nestjs/common';
import { AppError, ERRORS } from '../common/app-error.js';
import type { Count } from './cells.js';
import type { Family } from './family.js';
import { Meters } from './meters.js';

const KINDS = ['signup', 'login', 'refresh'] as const;
export type SignInKind = (typeof KINDS)[number];

const SUCCEEDED = 'succeeded';
/** Not the caller's doing: the database was away, or a fault of ours. */
const FAILED = 'failed';

/** Who comes in, who does not, and why. */
@Injectable()
export class AuthMeters {
  private readonly signIns: Family<'kind' | 'outcome', Count>;

  constructor(meters: Meters) {
    this.signIns = meters.counts(
      'sign_ins_total',
      'Sign-ups, sign-ins and exchanges of refresh tokens, by outcome: succeeded, failed, or the code of the refusal.',
      ['kind', 'outcome'],
    );
    for (const kind of KINDS) for (const outcome of [SUCCEEDED, FAILED]) this.signIns.of({ kind, outcome });
    this.signIns.of({ kind: 'login', outcome: 'auth.credentials_wrong' });
  }

  /** Counts how an attempt ends. */
  async attempt<T>(kind: SignInKind, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.signIns.of({ kind, outcome: SUCCEEDED }).add();
      return result;
    } catch (error) {
      this.signIns.of({ kind, outcome: outcomeOf(error) }).add();
      throw error;
    }
  }
}

const outcomeOf = (error: unknown): string =>
  error instanceof AppError && ERRORS[error.code].status < 500 ? error.code : FAILED;
