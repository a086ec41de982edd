import { type DynamicModule, Module } from '@nestjs/common';
import { AccountDataModule } from './account-data/account-data.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BillingModule } from './billing/billing.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Env } from './config/env.js';
import { DatabaseModule } from './database/database.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { GamificationModule } from './gamification/gamification.module.js';
import { HttpModule } from './http/http.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { RetentionScheduleModule } from './retention/retention-schedule.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { RoutinesModule } from './routines/routines.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { SyncModule } from './sync/sync.module.js';

@Module({
  imports: [
    MonitoringModule,
    DatabaseModule.for('server'),
    HttpModule,
    AuthModule,
    SyncModule,
    SessionsModule,
    RoutinesModule,
    GamificationModule,
    MetricsModule,
    AccountDataModule,
    RetentionScheduleModule,
    BillingModule,
    AdminModule,
    EventsModule,
    HealthModule,
  ],
})
export class AppModule {
  static with(env: Env): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.with(env)] };
  }
}
