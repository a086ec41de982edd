import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Env } from '../config/env.js';
import { DatabaseModule } from '../database/database.module.js';
import { GamificationModule } from '../gamification/gamification.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { SamplesCheck } from '../metrics/samples-check.js';
import { RetentionModule } from '../retention/retention.module.js';
import { RoutinesModule } from '../routines/routines.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountCheck } from '../sync/check/account-check.js';
import { SyncModule } from '../sync/sync.module.js';

/** What operator commands need of the server: its database, its accounts and its collections, without HTTP. */
@Module({
  imports: [
    DatabaseModule.for('operator'),
    AuthModule,
    SyncModule,
    SessionsModule,
    RoutinesModule,
    GamificationModule,
    MetricsModule,
    RetentionModule,
  ],
  providers: [AccountCheck, SamplesCheck],
})
export class CliModule {
  static with(env: Env): DynamicModule {
    return { module: CliModule, imports: [ConfigModule.with(env)] };
  }
}
