import { randomInt } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { Env } from '../config/env.js';
import { JobMeters } from '../monitoring/job-meters.js';
import { RetentionModule } from './retention.module.js';
import { RetentionService } from './retention.service.js';

/** A minute of the day, another for each process: not all servers of the world sweep at midnight. */
const ONCE_A_DAY = `${randomInt(60)} ${randomInt(60)} ${randomInt(24)} * * *`;

/** Its name among the metrics. */
const JOB = 'retention';

/** Runs the retention once a day, in one process of all, and not beyond the end of this one. */
@Injectable()
export class RetentionSchedule implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly logger = new Logger(RetentionSchedule.name);

  constructor(
    private readonly env: Env,
    private readonly retention: RetentionService,
    private readonly jobs: JobMeters,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.retentionSchedule) this.jobs.jobExpected(JOB);
  }

  @Cron(ONCE_A_DAY)
  tick(): Promise<void> {
    if (this.env.retentionSchedule && !this.stop.signal.aborted) this.running = this.run();
    return this.running;
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      const counts = await this.retention.run({ which: 'due', signal: this.stop.signal });
      if (counts === null) return;
      this.logger.log(`retention: ${JSON.stringify(counts)}`);
      if (counts.finished) this.jobs.jobDone(JOB);
    } catch (error) {
      this.logger.error(error);
    }
  }
}

@Module({ imports: [ScheduleModule.forRoot(), RetentionModule], providers: [RetentionSchedule] })
export class RetentionScheduleModule {}
