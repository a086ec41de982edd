import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { Collections } from './collections.js';
import { clockLock } from './clock-statements.js';
import {
  IMPORT_DEVICE,
  type ImportedState,
  type ImportedStatesCount,
  type RefusedImport,
  storeStates,
} from './imported-states.js';
import { PushService } from './push.service.js';
import { clientIdOf, QuarantineService, type Rejected, rejectedHash } from './quarantine.service.js';

export type { ImportedStatesCount } from './imported-states.js';

/** What became of records of an export. */
export interface ImportedRecordsCount extends ImportedStatesCount {
  /** Heads that were older edits than those of the export. */
  updated: number;
  /** Older edits than the heads here: put into the history. */
  older: number;
}

/**
 * Takes in what an export holds. Heads are a push like any other, by a device that has seen nothing: edit times decide.
 * Earlier states go straight to the history. Everything may be repeated: what is here is not stored twice.
 */
@Injectable()
export class ImportedRecords {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly pushes: PushService,
    private readonly quarantine: QuarantineService,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError sync.collection_unknown, sync.device_revoked, sync.busy */
  async addRecords(
    userId: string,
    collection: string,
    records: readonly unknown[],
  ): Promise<ImportedRecordsCount> {
    const { isSingleton } = this.collections.get(collection);
    const count: ImportedRecordsCount = { added: 0, updated: 0, older: 0, unchanged: 0, rejected: [] };
    // There is one singleton in an export; of more, each is a push of its own.
    for (const section of isSingleton ? records : [records]) {
      if (section === null || typeof section !== 'object') {
        count.rejected.push(NO_OBJECT);
        continue;
      }
      const { result, plans } = await this.pushes.pushImport(userId, {
        deviceId: IMPORT_DEVICE,
        [collection]: section,
      });
      for (const { changes, losses } of plans) {
        const added = changes.filter(({ target }) => target.head === null).length;
        count.added += added;
        count.updated += changes.length - added;
        count.older += losses.length;
      }
      count.rejected.push(...result.rejected.map(refusedOf));
      const refused = result.rejected.map((entry) => ({ ...entry, deviceId: IMPORT_DEVICE }));
      if (refused.length > 0) await this.addRejected(userId, refused);
    }
    count.unchanged = records.length - count.added - count.updated - count.older - count.rejected.length;
    return count;
  }

  /**
   * Earlier states of records that are here, each once, in the order in which they come.
   * @throws AppError sync.collection_unknown, auth.token_revoked, sync.busy
   */
  async addHistory(
    userId: string,
    collection: string,
    states: readonly ImportedState[],
  ): Promise<ImportedStatesCount> {
    const found = this.collections.get(collection);
    return this.database
      .of(userId)
      .transaction({ mode: 'write' }, (tx) =>
        storeStates(tx, userId, { collection: found, collections: this.collections }, states),
      );
  }

  /** What was refused elsewhere stays refused: in this account's quarantine, for whoever can store it. */
  async addRejected(
    userId: string,
    entries: readonly (Rejected & { deviceId: string })[],
  ): Promise<ImportedStatesCount> {
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      await tx.take([clockLock(userId)]);
      const now = this.clock.now();
      const known = await tx.query<{ key: string }>({
        text: `select collection || '/' || replace(record_hash::text, '-', '') as key from rejected_records
          where user_id = $1 and record_hash = any($2::uuid[])`,
        values: [userId, entries.map(({ raw }) => rejectedHash(raw))],
      });
      const keys = new Set(known.map(({ key }) => key));
      const before = keys.size;
      for (const entry of entries) {
        keys.add(`${entry.collection}/${rejectedHash(entry.raw)}`);
        await tx.queryAll(this.quarantine.keeping({ userId, deviceId: entry.deviceId, now }, [entry]));
      }
      const added = keys.size - before;
      return { added, unchanged: entries.length - added, rejected: [] };
    });
  }
}

const NO_OBJECT: RefusedImport = {
  clientId: null,
  code: 'record.not_an_object',
  field: null,
  message: 'a record must be an object',
};

const refusedOf = ({ raw, code, field, message }: Rejected): RefusedImport => ({
  clientId: clientIdOf(raw),
  code,
  field,
  message,
});
