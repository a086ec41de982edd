import { Global, Module } from '@nestjs/common';
import { ClockModule } from '../common/clock.js';
import { AuthMeters } from './auth-meters.js';
import { DatabaseMeters } from './database-meters.js';
import { HttpMeters } from './http-meters.js';
import { JobMeters } from './job-meters.js';
import { LimitMeters } from './limit-meters.js';
import { MailMeters } from './mail-meters.js';
import { Meters } from './meters.js';
import { ProcessMeters } from './process-meters.js';
import { QueueMeters } from './queue-meters.js';
import { SyncMeters } from './sync-meters.js';

/** One class for each subject: whoever counts injects its own. */
const METERS = [
  MailMeters,
  Meters,
  AuthMeters,
  DatabaseMeters,
  HttpMeters,
  JobMeters,
  LimitMeters,
  QueueMeters,
  SyncMeters,
];

@Global()
@Module({ imports: [ClockModule], providers: [...METERS, ProcessMeters], exports: METERS })
export class MonitoringModule {}
