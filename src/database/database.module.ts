import { type DynamicModule, Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { isUnavailable } from '../common/database-fault.js';
import { Env } from '../config/env.js';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { dataSourceOptions } from './data-source.js';
import { Database } from './database.js';
import { DatabaseServer } from './database-server.js';
import { assertHeld, explained, migrate } from './migrate.js';
import { Replica } from './replica.js';

/** A database that comes up after us, as in a compose file, is waited for; a faulty migration is not tried again. */
const CONNECT_ATTEMPTS = 30;
const CONNECT_RETRY_MS = 2000;

/** The server is held by the wall between accounts (wall.ts); an operator's command works as the owner of the tables. */
export type DatabaseUser = 'server' | 'operator';

const NO_WALL =
  'The server owns its tables: row-level security does not hold it. Set DATABASE_OWNER_URL, see docs/operations/database.md.';

@Module({
  providers: [{ provide: DatabaseServer, inject: [Env], useFactory: (env: Env) => DatabaseServer.open(env) }],
  exports: [DatabaseServer],
})
class DatabaseServerModule {}

async function connectMigrated(
  server: DatabaseServer,
  user: DatabaseUser,
  options: DataSourceOptions,
): Promise<DataSource> {
  const { ownerUrl, serverRole } = server;
  for (const name of await migrate(ownerUrl, serverRole)) new Logger('Migrations').log(`ran ${name}`);
  const dataSource = await new DataSource(options).initialize();
  if (user === 'server' && serverRole !== undefined) await assertHeld(dataSource);
  else if (user === 'server') new Logger('Database').warn(NO_WALL);
  return dataSource;
}

@Global()
@Module({ providers: [Database, Replica], exports: [Database, Replica] })
export class DatabaseModule implements OnApplicationShutdown {
  static for(user: DatabaseUser): DynamicModule {
    let server: DatabaseServer;
    return {
      module: DatabaseModule,
      imports: [
        DatabaseServerModule,
        MonitoringModule,
        TypeOrmModule.forRootAsync({
          imports: [DatabaseServerModule],
          inject: [Env, DatabaseServer],
          useFactory: (env: Env, opened: DatabaseServer): TypeOrmModuleOptions => {
            server = opened;
            return {
              ...dataSourceOptions(env, user === 'server' ? opened.url : opened.ownerUrl),
              autoLoadEntities: true,
              retryAttempts: CONNECT_ATTEMPTS,
              retryDelay: CONNECT_RETRY_MS,
              toRetry: isUnavailable,
            };
          },
          dataSourceFactory: (options) =>
            connectMigrated(server, user, options as DataSourceOptions).catch((error: unknown) => {
              throw explained(error);
            }),
        }),
      ],
    };
  }

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
