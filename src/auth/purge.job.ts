import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Recurring } from '../common/recurring.js';
import { JobMeters } from '../monitoring/job-meters.js';
import { AccountDeletion } from './account-deletion.service.js';

const HOUR_MS = 3_600_000;
const JITTER_MS = 600_000;

/** Its name among the metrics. */
const JOB = 'purge';

/** Deletes for good, once an hour, the accounts whose time has come. */
@Injectable()
export class PurgeJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Purge');
  private readonly recurring: Recurring;

  constructor(
    deletion: AccountDeletion,
    private readonly jobs: JobMeters,
  ) {
    this.recurring = new Recurring({
      everyMs: HOUR_MS,
      jitterMs: JITTER_MS,
      work: async (signal) => {
        const purged = await deletion.purgeDue({ signal });
        if (purged > 0) this.logger.log(`deleted ${purged} accounts for good`);
        jobs.jobDone(JOB);
      },
      failed: (error) => this.logger.error(error),
    });
  }

  onApplicationBootstrap(): void {
    this.jobs.jobExpected(JOB);
    this.recurring.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.recurring.stop();
  }
}
