import { Injectable } from '@nestjs/common';
import type { Refusal } from '../common/compile-validator.js';
import { Database, type Sql } from '../database/sql.js';
import { hash128 } from './content-hash.js';
import { uuidv7 } from './server-id.js';

/** A record of a push that could not be stored. */
export interface Rejected extends Refusal {
  collection: string;
  raw: unknown;
}

export interface RejectedEntry {
  id: string;
  collection: string;
  clientId: string | null;
  deviceId: string;
  code: string;
  field: string | null;
  message: string;
  record: unknown;
  receivedAt: number;
}

/** Entries kept per account; the oldest make way, so that a phone gone wild cannot fill the disk. */
export const QUARANTINE_MAX = 10_000;

/** The client id as it was sent, if it was a text at all. */
export function clientIdOf(raw: unknown): string | null {
  const id = raw !== null && typeof raw === 'object' ? (raw as { clientId?: unknown }).clientId : undefined;
  return typeof id === 'string' ? id : null;
}

/** Keeps refused records once each, exactly as they were sent, until they can be stored or are dropped. */
@Injectable()
export class QuarantineService {
  constructor(private readonly database: Database) {}

  async keep(
    sql: Sql,
    { userId, deviceId, now }: { userId: string; deviceId: string; now: number },
    rejected: readonly Rejected[],
  ): Promise<void> {
    if (rejected.length === 0) return;
    const rows = rejected.map(({ collection, raw, code, field, message }) => {
      const record = JSON.stringify(raw);
      return {
        id: uuidv7(),
        collection,
        client: cleaned(clientIdOf(raw)),
        code,
        field: cleaned(field)?.slice(0, 255),
        message: cleaned(message),
        record,
        hash: hash128(record),
      };
    });
    const stored = await sql.query({
      name: 'keep-rejected',
      text: `insert into rejected_records
          (user_id, id, collection, client_id, device_id, code, field, message, record, record_hash, received_at)
        select $1, r.id, r.collection, r.client, $3, r.code, r.field, r.message, r.record, r.hash, $4::bigint
          from json_to_recordset($2::json)
            as r(id uuid, collection text, client text, code text, field text, message text, record text, hash uuid)
        on conflict (user_id, collection, record_hash) do nothing returning 1`,
      values: [userId, JSON.stringify(rows), deviceId, now],
    });
    if (stored.length > 0) await this.makeRoom(sql, userId);
  }

  private async makeRoom(sql: Sql, userId: string): Promise<void> {
    await sql.query({
      name: 'bound-rejected',
      text: `delete from rejected_records where user_id = $1 and id <=
        (select id from rejected_records where user_id = $1 order by id desc offset $2 limit 1)`,
      values: [userId, QUARANTINE_MAX],
    });
  }

  /** Newest first; `before` is the id of the last entry of the page before. */
  async list(
    userId: string,
    { limit, before }: { limit: number; before?: string },
  ): Promise<RejectedEntry[]> {
    const rows = await this.database.query<RejectedEntry & { record: string }>({
      name: 'list-rejected',
      text: `select id, collection, client_id as "clientId", device_id as "deviceId", code, field, message, record,
          received_at::float8 as "receivedAt"
        from rejected_records where user_id = $1 and ($2::uuid is null or id < $2::uuid)
        order by id desc limit $3`,
      values: [userId, before ?? null, limit],
    });
    return rows.map((row) => ({ ...row, record: JSON.parse(row.record) as unknown }));
  }
}

/** Client ids and field names may hold what PostgreSQL's text cannot; the record itself is kept with its escapes. */
function cleaned(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\u0000', '\ufffd').toWellFormed();
}
