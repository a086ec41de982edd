import { Injectable } from '@nestjs/common';
import { CoalescedRead } from '../database/coalesced-read.js';
import { Database } from '../database/database.js';

/** $1 accounts: a row for each that exists. */
const CLOCKS = {
  name: 'sync-clocks',
  text: `
    select k.place, c.clock from unnest($1::uuid[]) with ordinality k(user_id, place)
      cross join lateral (select c.clock from sync_clock c where c.user_id = k.user_id offset 0) c`,
};

/** How far accounts are, for whoever only wants to know whether something has changed. */
@Injectable()
export class Clocks {
  private readonly reads: CoalescedRead<[userId: string], [clock: string]>;

  constructor(database: Database) {
    this.reads = new CoalescedRead(database, CLOCKS);
  }

  /** Undefined when the account is gone. */
  async read(userId: string): Promise<number | undefined> {
    const row = await this.reads.read([userId]);
    return row === undefined ? undefined : Number(row[0]);
  }
}
