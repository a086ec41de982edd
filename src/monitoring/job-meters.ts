import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Meters } from './meters.js';

/** Work that has to be done again and again, such as a purge, and that nobody would miss until it is too late. */
@Injectable()
export class JobMeters {
  private readonly lastSuccess = new Map<string, number>();

  constructor(
    meters: Meters,
    private readonly clock: Clock,
  ) {
    meters.gauges(
      'job_last_success_timestamp_seconds',
      'When a job last ended well, as epoch seconds; until then, when this process began to expect it.',
      ['name'],
      () => Array.from(this.lastSuccess, ([job, at]) => ({ labels: { name: job }, value: at / 1000 })),
    );
  }

  /** Says at start that the job will run: one that never does is noticed, too. */
  jobExpected(job: string): void {
    this.lastSuccess.set(job, this.lastSuccess.get(job) ?? this.clock.now());
  }

  jobDone(job: string): void {
    this.lastSuccess.set(job, this.clock.now());
  }
}
