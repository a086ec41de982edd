import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { MIGRATION_NAMES } from '../database/migrate.js';

export interface Facts {
  migrationsPending: number;
  /** As PostgreSQL estimates it for its planner. */
  quarantinedRecords: number;
}

/** Orchestrators give up after some seconds; a database that has not answered by then is as good as away. */
const PATIENCE_MS = 1500;

/** Nobody's rows are counted: the server's role need not see them, and a table may be large. */
const READ = `
  select (select count(*) from migrations where name = any($1))::int as ran,
    (select greatest(reltuples, 0) from pg_class where oid = to_regclass('rejected_records'))::float8 as quarantined`;

/** What probes and metrics ask the database itself. */
@Injectable()
export class DatabaseFacts {
  private underWay: Promise<Facts | null> | undefined;

  constructor(private readonly database: Database) {}

  /** Null: the database is away, hangs, or has no tables. Never throws, and never takes longer than PATIENCE_MS. */
  async find(): Promise<Facts | null> {
    // One question at a time: probes of a hanging database must not use up its connections.
    this.underWay ??= this.ask().finally(() => {
      this.underWay = undefined;
    });
    return Promise.race([this.underWay, pause(PATIENCE_MS, null, { ref: false })]);
  }

  private async ask(): Promise<Facts | null> {
    try {
      const [{ ran, quarantined }] = await this.database.query<{ ran: number; quarantined: number }>({
        text: READ,
        values: [MIGRATION_NAMES],
      });
      return { migrationsPending: MIGRATION_NAMES.length - ran, quarantinedRecords: quarantined };
    } catch {
      return null;
    }
  }
}
