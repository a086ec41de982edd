import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConfigModule } from '../config/config.module.js';
import type { Env } from '../config/env.js';
import { DatabaseModule } from '../database/database.module.js';
import { RetentionModule } from '../retention/retention.module.js';

/** What operator commands need of the server: its database and its accounts, without HTTP. */
@Module({ imports: [DatabaseModule, AuthModule, RetentionModule] })
export class CliModule {
  static with(env: Env): DynamicModule {
    return { module: CliModule, imports: [ConfigModule.with(env)] };
  }
}
