import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/sql.js';
import { isCleanText } from '../common/compile-validator.js';
import { INT32_MAX } from '../common/fields.js';
import { isLocalId, isUuid } from './client-key.js';
import type { Collection } from './collection.js';
import { seenBy } from './collection-sql.js';
import { Collections } from './collections.js';
import { PushService } from './push.service.js';
import type { HistoryAnswer, HistoryVersionDto, RestoreAnswer } from './sync.dto.js';

/** Edits that the account's owner makes through this server's own pages and commands come from here. */
export const PORTAL_DEVICE = 'portal';

interface Head {
  serverId: string;
  record: Record<string, unknown> & { clientId: string };
}

/** What became of a record: every state that lost or was replaced, and the way back to one. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly pushes: PushService,
  ) {}

  /** @throws AppError sync.collection_unknown, record.unknown */
  async list(userId: string, name: string, id: string): Promise<HistoryAnswer> {
    const collection = this.collections.get(name);
    const { serverId, record } = await this.getHead(userId, collection, id);
    const versions = await this.database.query<HistoryVersionDto>({
      name: 'list-versions',
      text: `select version, reason, device_id as "deviceId", edited_at::float8 as "editedAt",
          stored_at::float8 as "storedAt", content as record
        from record_versions where user_id = $1 and collection = $2 and server_id = $3 order by version`,
      values: [userId, name, serverId],
    });
    return { collection: name, serverId, head: record, versions };
  }

  /**
   * Makes an old state the head again, as a new edit that wins and reaches every device; the present head goes to the
   * history. Restoring what is the head already changes nothing.
   * @throws AppError sync.collection_unknown, record.unknown, history.version_unknown
   */
  async restore(userId: string, name: string, id: string, version: number): Promise<RestoreAnswer> {
    const collection = this.collections.get(name);
    if (version < 1 || version > INT32_MAX) throw new AppError('history.version_unknown');
    const { serverId } = await this.getHead(userId, collection, id);
    const [found] = await this.database.query<{ content: Record<string, unknown>; now: number }>({
      name: 'read-version',
      text: `select content, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now
        from record_versions where user_id = $1 and collection = $2 and server_id = $3 and version = $4`,
      values: [userId, name, serverId, version],
    });
    if (!found) throw new AppError('history.version_unknown');
    const record: Record<string, unknown> = {
      ...found.content,
      clientId: serverId,
      serverId,
      updatedAt: found.now,
    };
    // A row number names a parent only on its own phone: a child that still waits for one keeps the name it has.
    for (const reference of collection.references)
      if (isLocalId(String(record[reference.name]))) delete record[reference.name];
    await this.pushes.pushOwnersEdit(userId, {
      deviceId: PORTAL_DEVICE,
      platform: 'web',
      [name]: collection.isSingleton ? record : [record],
    });
    return { collection: name, ...(await this.getHead(userId, collection, serverId)) };
  }

  /** The head by server id, or by the client id of any device; a row number means the only record that has it. */
  private async getHead(userId: string, collection: Collection, id: string): Promise<Head> {
    if (!isCleanText(id)) throw new AppError('record.unknown');
    const { table, wire } = collection.sql;
    const rows = await this.database.query<{ serverId: string; record: string }>({
      name: `history-head-${collection.name}`,
      text: seenBy(
        `select h.server_id as "serverId", ${wire.json} as record from ${table} h ${wire.joins}
          where h.user_id = $1 and (h.server_id = $2::uuid or h.client_key = 'g:' || $3::text or h.client_id = $4
            or h.server_id in (select a.server_id from record_aliases a
              where a.user_id = $1 and a.collection = '${collection.name}' and (a.client_key = 'g:' || $3::text or a.client_id = $4)))
          order by (h.server_id = $2::uuid) desc nulls last, h.version desc limit 1`,
        'null',
      ),
      values: [userId, isUuid(id) ? id : null, id.toLowerCase(), id],
    });
    const [row] = rows;
    if (!row) throw new AppError('record.unknown');
    return { serverId: row.serverId, record: JSON.parse(row.record) as Head['record'] };
  }
}
