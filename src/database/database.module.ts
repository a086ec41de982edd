import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Env } from '../config/env.js';
import { isUnavailable } from '../common/database-fault.js';
import { DatabaseServer } from './database-server.js';
import { dataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';
import { Database } from './database.js';

/** A database that comes up after us, as in a compose file, is waited for; a faulty migration is not tried again. */
const CONNECT_ATTEMPTS = 30;
const CONNECT_RETRY_MS = 2000;

@Module({
  providers: [{ provide: DatabaseServer, inject: [Env], useFactory: (env: Env) => DatabaseServer.open(env) }],
  exports: [DatabaseServer],
})
class DatabaseServerModule {}

const connectionOptions = (env: Env, server: DatabaseServer): TypeOrmModuleOptions => ({
  ...dataSourceOptions(env, server.url),
  autoLoadEntities: true,
  retryAttempts: CONNECT_ATTEMPTS,
  retryDelay: CONNECT_RETRY_MS,
  toRetry: isUnavailable,
});

async function connectMigrated(options?: DataSourceOptions): Promise<DataSource> {
  if (options?.type !== 'postgres' || options.url === undefined)
    throw new Error('the database has no address');
  for (const name of await migrate(options.url)) new Logger('Migrations').log(`ran ${name}`);
  return new DataSource(options).initialize();
}

@Global()
@Module({
  imports: [
    DatabaseServerModule,
    TypeOrmModule.forRootAsync({
      imports: [DatabaseServerModule],
      inject: [Env, DatabaseServer],
      useFactory: connectionOptions,
      dataSourceFactory: connectMigrated,
    }),
  ],
  providers: [Database],
  exports: [Database],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    private readonly server: DatabaseServer,
  ) {}

  /** Runs after the last request was answered. The pool goes first, then the server below it. */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    await this.server.stop();
  }
}
