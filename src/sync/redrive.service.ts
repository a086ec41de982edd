import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import { clientKey, isLocalId } from './client-key.js';
import type { Collection } from './collection.js';
import { Collections } from './collections.js';
import { PushService } from './push.service.js';
import { QuarantineService, type RejectedEntry } from './quarantine.service.js';

export interface Redriven {
  /** Stored, as heads or in the history, and no longer in the quarantine. */
  taken: number;
  /** Still not what can be stored, or of a device that may not sync. */
  kept: number;
}

const PAGE = 500;

/**
 * Pushes what was refused once more, for the device that sent it: after a correction of the server it may be what can be
 * stored. May end anywhere and begin again: what was pushed already changes nothing.
 */
@Injectable()
export class RedriveService {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly pushes: PushService,
    private readonly quarantine: QuarantineService,
  ) {}

  /** All of an account, the oldest first, or what was refused with one code. */
  async redrive(userId: string, code: string | null): Promise<Redriven> {
    const total: Redriven = { taken: 0, kept: 0 };
    for (let after: string | null = null; ;) {
      const page: RejectedEntry[] = await this.quarantine.oldest(userId, { after, code, limit: PAGE });
      const taken = await this.pushAll(userId, page);
      if (taken.length > 0) await this.quarantine.drop(userId, { ids: taken.map(({ id }) => id) });
      total.taken += taken.length;
      total.kept += page.length - taken.length;
      if (page.length === 0) return total;
      after = page[page.length - 1].id;
    }
  }

  private async pushAll(userId: string, page: readonly RejectedEntry[]): Promise<RejectedEntry[]> {
    const taken: RejectedEntry[] = [];
    const byDevice = grouped(page, ({ deviceId }) => deviceId);
    for (const [deviceId, entries] of byDevice) {
      const ready = await this.ready(userId, deviceId, entries);
      const lists = ready.filter(({ collection }) => !this.collections.get(collection).isSingleton);
      // There is room for one of these in a push.
      const singles = ready.filter((entry) => !lists.includes(entry));
      for (const some of [lists, ...singles.map((entry) => [entry])])
        if (some.length > 0) taken.push(...(await this.push(userId, deviceId, some)));
    }
    return taken;
  }

  /** Those that would be read now, and are what they were when they were sent. */
  private async ready(
    userId: string,
    deviceId: string,
    entries: readonly RejectedEntry[],
  ): Promise<RejectedEntry[]> {
    const readable = entries.filter(({ collection: name, record }) => {
      const collection = this.collections.find(name);
      return collection !== undefined && isRecord(record) && 'sent' in collection.read(record, deviceId);
    });
    const ready: RejectedEntry[] = [];
    for (const [name, some] of grouped(readable, ({ collection }) => collection)) {
      const used = await this.numbersInUse(userId, deviceId, this.collections.get(name), some);
      ready.push(...some.filter(({ record }) => !used.has(keyOf(record, deviceId))));
    }
    return ready;
  }

  /**
   * Where a row number that names another record tells that an app was reinstalled, an old record would take the number
   * from the one that has it now.
   */
  private async numbersInUse(
    userId: string,
    deviceId: string,
    { name, definition, sql }: Collection,
    entries: readonly RejectedEntry[],
  ): Promise<ReadonlySet<string>> {
    const numbers = entries
      .map(({ record }) => record)
      .filter((record) => isRecord(record) && isLocalId(record.clientId));
    if (definition.fixed === undefined || numbers.length === 0) return new Set();
    const rows = await this.database.of(userId).query<{ key: string }>({
      name: `numbers-in-use-${name}`,
      text: `select client_key as key from ${sql.table} where user_id = $1 and client_key = any($2::text[])
        union select client_key from record_aliases
          where user_id = $1 and collection = '${name}' and client_key = any($2::text[])`,
      values: [userId, numbers.map((record) => keyOf(record, deviceId))],
    });
    return new Set(rows.map(({ key }) => key));
  }

  private async push(
    userId: string,
    deviceId: string,
    entries: readonly RejectedEntry[],
  ): Promise<RejectedEntry[]> {
    const sections: Record<string, unknown> = {};
    for (const [name, some] of grouped(entries, ({ collection }) => collection)) {
      const records = some.map(({ record }) => record);
      sections[name] = this.collections.get(name).isSingleton ? records[0] : records;
    }
    try {
      const receivedAt = new Map(entries.map((entry) => [entry.record, entry.receivedAt]));
      const { rejected } = await this.pushes.pushLate(userId, { ...sections, deviceId }, receivedAt);
      const refused = new Set(rejected.map(({ raw }) => raw));
      return entries.filter(({ record }) => !refused.has(record));
    } catch (error) {
      if (error instanceof AppError && error.code === 'sync.device_revoked') return [];
      throw error;
    }
  }
}

/** Of one that was too long, only the beginning was kept, as a text. */
const isRecord = (record: unknown): record is { clientId: string } =>
  record !== null &&
  typeof record === 'object' &&
  'clientId' in record &&
  typeof record.clientId === 'string';

const keyOf = (record: unknown, deviceId: string) =>
  isRecord(record) ? clientKey(record.clientId, deviceId) : '';

function grouped<T>(list: readonly T[], keyOfOne: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOfOne(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}
