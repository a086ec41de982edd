import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Env } from './env.js';

/** Hands the configuration to whoever injects `Env`. */
@Global()
@Module({})
export class ConfigModule {
  static with(env: Env): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Env, useValue: env }], exports: [Env] };
  }
}
