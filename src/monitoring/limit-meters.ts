import { Injectable } from '@nestjs/common';
import type { Count } from './cells.js';
import type { Family } from './family.js';
import { Meters } from './meters.js';

/** Requests that a limit has refused. */
@Injectable()
export class LimitMeters {
  private readonly refusals: Family<'limit', Count>;

  constructor(meters: Meters) {
    this.refusals = meters.counts('rate_limited_total', 'Requests refused by a rate limit, by limit.', [
      'limit',
    ]);
  }

  /** Says at start that there is such a limit: a number that is not there yet has no rate. */
  expect(limit: string): void {
    this.refusals.of({ limit });
  }

  refused(limit: string): void {
    this.refusals.of({ limit }).add();
  }
}
