import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import { INT32_MAX } from '../common/fields.js';
import { isLocalId } from './client-key.js';
import { Collections } from './collections.js';
import { HeadsService } from './heads.service.js';
import { PushService } from './push.service.js';
import type { HistoryAnswer, HistoryVersionDto, RestoreAnswer } from './sync.dto.js';

/** Edits that the account's owner makes through this server's own pages and commands come from here. */
export const PORTAL_DEVICE = 'portal';

/** What became of a record: every state that lost or was replaced, and the way back to one. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly heads: HeadsService,
    private readonly pushes: PushService,
  ) {}

  /**
   * From the primary: an edit that lost may be all that a push has brought, and the account's clock, by which a replica is
   * judged, does not move for it.
   * @throws AppError sync.collection_unknown, record.unknown
   */
  async list(userId: string, name: string, id: string): Promise<HistoryAnswer> {
    const sql = this.database.of(userId);
    const { id: serverId, record } = await this.heads.get<object>(name, id, { userId, deleted: true, sql });
    const versions = await sql.query<HistoryVersionDto>({
      name: 'list-versions',
      text: `select version, reason, device_id as "deviceId", edited_at::float8 as "editedAt",
          stored_at::float8 as "storedAt", content as record
        from record_versions where user_id = $1 and collection = $2 and server_id = $3 and content is not null order by version`,
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
    const sql = this.database.of(userId);
    const { id: serverId } = await this.heads.get(name, id, { userId, deleted: true, sql });
    const [found] = await sql.query<{ content: Record<string, unknown>; now: number }>({
      name: 'read-version',
      text: `select content, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now
        from record_versions where user_id = $1 and collection = $2 and server_id = $3 and version = $4
          and content is not null`,
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
    const { record: head } = await this.heads.get<object>(name, serverId, { userId, deleted: true, sql });
    return { collection: name, serverId, record: head };
  }
}
