import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MIGRATION_NAMES } from '../database/migrate.js';
import { Database } from '../database/database.js';

/** Orchestrators give up after some seconds; a database that has not answered by then is as good as away. */
const PATIENCE_MS = 1500;

/** Whether requests can be served: the database answers and has every migration of this version. */
@Injectable()
export class ReadinessService {
  private underWay: Promise<boolean> | undefined;

  constructor(private readonly database: Database) {}

  /** Never throws and never takes longer than PATIENCE_MS, even when the database hangs. */
  async isReady(): Promise<boolean> {
    // One check at a time: probes of a hanging database must not use up its connections.
    this.underWay ??= this.check().finally(() => {
      this.underWay = undefined;
    });
    return Promise.race([this.underWay, pause(PATIENCE_MS, false, { ref: false })]);
  }

  private async check(): Promise<boolean> {
    try {
      const [found] = await this.database.query<{ count: number }>({
        text: 'select count(*)::int as count from migrations where name = any($1)',
        values: [MIGRATION_NAMES],
      });
      return found?.count === MIGRATION_NAMES.length;
    } catch {
      return false;
    }
  }
}
