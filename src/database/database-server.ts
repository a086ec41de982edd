import { Logger } from '@nestjs/common';
import type { Env } from '../config/env.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** Where the database is. `stop` ends it where it is ours. */
export class DatabaseServer {
  private constructor(
    readonly url: string,
    private readonly embedded: EmbeddedPostgres | undefined,
  ) {}

  /** The configured server, or an embedded one where none is. */
  static async open({ databaseUrl, dataDir }: Pick<Env, 'databaseUrl' | 'dataDir'>): Promise<DatabaseServer> {
    if (databaseUrl !== '') return new DatabaseServer(databaseUrl, undefined);
    const logger = new Logger('PostgreSQL');
    const embedded = await EmbeddedPostgres.start({ dataDir, log: (line) => logger.warn(line) });
    logger.log(`embedded server ready, data in ${embedded.folder}`);
    return new DatabaseServer(embedded.url, embedded);
  }

  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
