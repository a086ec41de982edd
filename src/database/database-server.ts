import { Logger } from '@nestjs/common';
import type { Env } from '../config/env.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** Where the database is, and as whom it is spoken to. `stop` ends it where it is ours. */
export class DatabaseServer {
  private constructor(
    /** As the role that the server works with. */
    readonly url: string,
    /** As the role that owns the tables: the same one where no other is configured. Never through a pooler. */
    readonly ownerUrl: string,
    private readonly embedded: EmbeddedPostgres | undefined,
  ) {}

  /** The configured server, or an embedded one where none is. */
  static async open({
    databaseUrl,
    databaseOwnerUrl,
    dataDir,
  }: Pick<Env, 'databaseUrl' | 'databaseOwnerUrl' | 'dataDir'>): Promise<DatabaseServer> {
    if (databaseUrl !== '')
      return new DatabaseServer(databaseUrl, databaseOwnerUrl || databaseUrl, undefined);
    const logger = new Logger('PostgreSQL');
    const embedded = await EmbeddedPostgres.start({ dataDir, log: (line) => logger.warn(line) });
    logger.log(`embedded server ready, data in ${embedded.folder}`);
    return new DatabaseServer(embedded.url, embedded.ownerUrl, embedded);
  }

  /** The name of the role that the server works with, where it is not the owner of the tables. */
  get serverRole(): string | undefined {
    return this.url === this.ownerUrl ? undefined : decodeURIComponent(new URL(this.url).username);
  }

  async stop(): Promise<void> {
    await this.embedded?.stop();
  }
}
