import { Injectable } from '@nestjs/common';
import type { Refusal } from '../common/compile-validator.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/sql.js';
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
/** And characters of them all together. */
const QUARANTINE_MAX_LENGTH = 64 * 1024 * 1024;
/** Characters of one record: 250,000 is more than any legal record can have. */
const RECORD_MAX_LENGTH = 250_000;
/** Characters of the records of one page, so that a list never fills the memory. */
const PAGE_MAX_LENGTH = 4 * 1024 * 1024;

/** The client id as it was sent, if it was a text at all. */
export function clientIdOf(raw: unknown): string | null {
  const id = raw !== null && typeof raw === 'object' ? (raw as { clientId?: unknown }).clientId : undefined;
  return typeof id === 'string' ? id : null;
}

/** By this a record is known again. */
export const rejectedHash = (raw: unknown) => hash128(JSON.stringify(raw));

interface Entry extends Rejected {
  whole: string;
  hash: string;
}

/** What would be kept of them in the end: each record once, and of very many the last. */
function onceEach(rejected: readonly Rejected[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const refused of rejected.toReversed()) {
    if (entries.size === QUARANTINE_MAX) break;
    const whole = JSON.stringify(refused.raw);
    const hash = hash128(whole);
    const name = `${refused.collection} ${hash}`;
    if (!entries.has(name)) entries.set(name, { ...refused, whole, hash });
  }
  return [...entries.values()].toReversed();
}

/** Keeps refused records once each, exactly as they were sent, until they can be stored or are dropped. */
@Injectable()
export class QuarantineService {
  constructor(private readonly database: Database) {}

  /** What keeps them, to be sent with the rest of the push. */
  keeping(
    { userId, deviceId, now }: { userId: string; deviceId: string; now: number },
    rejected: readonly Rejected[],
  ): Statement[] {
    if (rejected.length === 0) return [];
    const rows = onceEach(rejected).map(({ collection, raw, code, field, message, whole, hash }) => {
      // No legal record is as long; of one that is, enough is kept to see what it was.
      const record = whole.length > RECORD_MAX_LENGTH ? JSON.stringify(whole.slice(0, 1000)) : whole;
      const client = shortened(clientIdOf(raw), RECORD_MAX_LENGTH);
      return {
        id: uuidv7(),
        collection,
        client,
        code,
        field: shortened(field, 255),
        message: shortened(message, 1000),
        record,
        hash,
      };
    });
    return [
      {
        name: 'keep-rejected',
        text: `insert into rejected_records
          (user_id, id, collection, client_id, device_id, code, field, message, record, record_hash, received_at)
        select $1, r.id, r.collection, r.client, $3, r.code, r.field, r.message, r.record, r.hash, $4::bigint
          from json_to_recordset($2::json)
            as r(id uuid, collection text, client text, code text, field text, message text, record text, hash uuid)
        on conflict (user_id, collection, record_hash) do nothing`,
        values: [userId, JSON.stringify(rows), deviceId, now],
      },
      // Room for them: the oldest go. Nothing is looked at where all of them were there already.
      {
        name: 'bound-rejected',
        text: `delete from rejected_records where user_id = $1
          and exists (select 1 from rejected_records where user_id = $1 and id = any($4::uuid[])) and id in (
        select id from (select id, row_number() over w as place, sum(length(record)) over w as length
            from rejected_records where user_id = $1 window w as (order by id desc)) r
         where place > $2 or (length > $3 and place > 1))`,
        values: [userId, QUARANTINE_MAX, QUARANTINE_MAX_LENGTH, rows.map(({ id }) => id)],
      },
    ];
  }

  /** The oldest that came after the entry `after`, whole; a page is as long as `PAGE_MAX_LENGTH` lets it be. */
  async oldest(
    userId: string,
    { after, code, limit }: { after: string | null; code: string | null; limit: number },
  ): Promise<RejectedEntry[]> {
    const rows = await this.database.of(userId).query<RejectedEntry & { record: string }>({
      name: 'oldest-rejected',
      text: `select id, collection, "clientId", "deviceId", code, field, message, record, "receivedAt" from (
          select id, collection, client_id as "clientId", device_id as "deviceId", code, field, message, record,
            received_at::float8 as "receivedAt", row_number() over w as place, sum(length(record)) over w as length
          from rejected_records
          where user_id = $1 and ($2::uuid is null or id > $2::uuid) and ($3::text is null or code = $3)
          window w as (order by id) order by id limit $4) r
        where place = 1 or length <= ${PAGE_MAX_LENGTH} order by id`,
      values: [userId, after, code, limit],
    });
    return rows.map((row) => ({ ...row, record: JSON.parse(row.record) as unknown }));
  }

  async find(userId: string, id: string): Promise<RejectedEntry | null> {
    const [row] = await this.database.of(userId).query<RejectedEntry & { record: string }>({
      name: 'find-rejected',
      text: `select id, collection, client_id as "clientId", device_id as "deviceId", code, field, message, record,
          received_at::float8 as "receivedAt" from rejected_records where user_id = $1 and id = $2`,
      values: [userId, id],
    });
    return row ? { ...row, record: JSON.parse(row.record) as unknown } : null;
  }

  /** For good. @returns how many there were */
  async drop(
    userId: string,
    { ids, code }: { ids?: readonly string[]; code?: string } = {},
  ): Promise<number> {
    const rows = await this.database.of(userId).query({
      name: 'drop-rejected',
      text: `delete from rejected_records where user_id = $1
          and ($2::uuid[] is null or id = any($2::uuid[])) and ($3::text is null or code = $3) returning id`,
      values: [userId, ids ?? null, code ?? null],
    });
    return rows.length;
  }

  /** Newest first; `before` is the id of the last entry of the page before. */
  async list(
    userId: string,
    { limit, before }: { limit: number; before?: string },
  ): Promise<RejectedEntry[]> {
    const rows = await this.database.of(userId).query<RejectedEntry & { record: string }>({
      name: 'list-rejected',
      text: `select id, collection, "clientId", "deviceId", code, field, message, record, "receivedAt" from (
          select id, collection, client_id as "clientId", device_id as "deviceId", code, field, message, record,
            received_at::float8 as "receivedAt", row_number() over w as place, sum(length(record)) over w as length
          from rejected_records where user_id = $1 and ($2::uuid is null or id < $2::uuid)
          window w as (order by id desc) order by id desc limit $3) r
        where place = 1 or length <= ${PAGE_MAX_LENGTH} order by id desc`,
      values: [userId, before ?? null, limit],
    });
    return rows.map((row) => ({ ...row, record: JSON.parse(row.record) as unknown }));
  }
}

/** Ids and names as they were sent may hold what PostgreSQL's text cannot; the record itself is kept with its escapes. */
function shortened(text: string | null, length: number): string | null {
  return text === null ? null : text.slice(0, length).replaceAll('\u0000', '\ufffd').toWellFormed();
}
