import { Injectable } from '@nestjs/common';
import { Closing } from '../http/closing.js';
import { Meters } from '../monitoring/meters.js';
import { DatabaseFacts } from './database-facts.js';

/** Whether requests can be served: the database answers and has every migration of this version, and nobody stops us. */
@Injectable()
export class ReadinessService {
  constructor(
    private readonly facts: DatabaseFacts,
    private readonly closing: Closing,
    meters: Meters,
  ) {
    meters.gauge('ready', '1 while this process serves requests, as /health/ready says.', async () =>
      Number(await this.isReady()),
    );
    meters.gauge('database_up', '1 while the database answers.', async () =>
      Number((await facts.find()) !== null),
    );
    meters.gauge(
      'migrations_pending',
      'Migrations of this version that the database lacks.',
      async () => (await facts.find())?.migrationsPending,
    );
    meters.gauge(
      'quarantine_records',
      'Records in quarantine, of all accounts, as PostgreSQL estimates it.',
      async () => (await facts.find())?.quarantinedRecords,
    );
  }

  /** Never throws, and takes no longer than `DatabaseFacts.find`, even when the database hangs. */
  async isReady(): Promise<boolean> {
    if (this.closing.isClosing) return false;
    return (await this.facts.find())?.migrationsPending === 0;
  }
}
