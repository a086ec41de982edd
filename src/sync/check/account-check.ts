import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Sql } from '../../database/sql.js';
import type { Collection } from '../collection.js';
import { Collections } from '../collections.js';
import { DigestService } from '../digest.service.js';
import { SLICE } from '../store.js';
import type { DigestAnswer } from '../sync.dto.js';
import { faultsOf } from './check-head.js';
import { checkHistory } from './check-history.js';
import { checkNames } from './check-names.js';
import { ColumnDigest } from './column-digest.js';
import { type Fault, Faults } from './faults.js';
import { headsOf } from './head-rows.js';

export interface Checked {
  faults: readonly Fault[];
  heads: number;
  /** null where the account has no clock. */
  digest: DigestAnswer | null;
}

/** One account while it is looked at. */
interface Look {
  snapshot: Sql;
  userId: string;
  clock: number;
  faults: Faults;
  /** How many heads have each version. */
  slices: Map<number, number>;
  /** Server ids that count in the digest, by collection. */
  counted: Map<string, ReadonlySet<string>>;
}

/** Holds what is stored of an account against what the server promises of it. Reads only. */
@Injectable()
export class AccountCheck {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly digests: DigestService,
  ) {}

  /** Everything in one snapshot, so that a server may go on writing meanwhile. */
  check(userId: string): Promise<Checked> {
    return this.database.of(userId).transaction({ mode: 'snapshot' }, async (snapshot) => {
      const faults = new Faults();
      const [row] = await snapshot.query<{ clock: number }>({
        name: 'check-clock',
        text: 'select clock::float8 as clock from sync_clock where user_id = $1',
        values: [userId],
      });
      if (!row) {
        faults.add({ place: 'account', what: 'it has no sync clock: nothing of it can be synced' });
        return { faults: faults.all(), heads: 0, digest: null };
      }
      const look: Look = {
        snapshot,
        userId,
        clock: row.clock,
        faults,
        slices: new Map(),
        counted: new Map(),
      };
      const digest = await this.digests.digestIn(snapshot, userId, {});
      let heads = 0;
      for (const collection of this.collections.all()) {
        heads += await this.checkHeads(look, collection, digest);
        await checkHistory(snapshot, userId, collection, faults);
      }
      checkSlices(look);
      await checkNames(snapshot, userId, { ...look, collections: this.collections });
      return { faults: faults.all(), heads, digest };
    });
  }

  private async checkHeads(look: Look, collection: Collection, answered: DigestAnswer): Promise<number> {
    const { snapshot, userId, clock, faults, slices, counted } = look;
    const { name } = collection;
    const columns = new ColumnDigest(collection, counted);
    const keys = new Map<string, string>();
    let heads = 0;
    for await (const head of headsOf(snapshot, userId, collection, this.collections)) {
      const report = (what: string) => faults.add({ place: name, recordId: head.serverId, what });
      faultsOf(head, collection, clock).forEach(report);
      const twin = keys.get(head.clientKey);
      if (twin !== undefined) report(`it has the client key ${head.clientKey}, and so has ${twin}`);
      keys.set(head.clientKey, head.serverId);
      for (const [place, parent] of head.parents.entries())
        if (parent?.clientKey === null)
          report(`its ${collection.references[place].name} is ${parent.serverId}, which is not there`);
      slices.set(head.version, (slices.get(head.version) ?? 0) + 1);
      columns.add(head);
      // One that is not paused for: others are served by another process, but Ctrl-C must be heard.
      if (++heads % SLICE === 0) await nextTurn();
    }
    if (collection.isSingleton && heads > 1)
      faults.add({ place: name, what: `there are ${heads} of what there is one` });
    const { digest, ids } = columns.result();
    counted.set(name, ids);
    const { count, hash } = answered.collections[name];
    if (digest.count !== count || digest.hash !== hash)
      faults.add({
        place: name,
        what: `devices are told a digest of ${count} records, ${hash}; the records say ${digest.count}, ${digest.hash}`,
      });
    return heads;
  }
}

function checkSlices({ slices, faults }: Look): void {
  for (const [version, heads] of slices)
    if (heads > SLICE)
      faults.add({
        place: 'account',
        what: `${heads} heads have the version ${version}, at most ${SLICE} may`,
      });
}
