import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import type { Collection } from './collection.js';
import { seenBy } from './collection-sql.js';
import { Collections } from './collections.js';
import { canonicalJson } from './content-hash.js';
import type { DigestAnswer, DigestQuery } from './sync.dto.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

interface ShownRecord {
  [field: string]: unknown;
  clientId: string;
  serverId: string;
  updatedAt: number;
}

interface RecordDigest {
  key: string;
  hash: string;
}

/** Whose eyes see the records where nobody is named: of a device that owns no row numbers and no aliases. */
const NOBODY = '';

/**
 * Lets a device prove that it is identical to the server. For every live record whose parents are live, as the device is
 * shown it, or as a device without row numbers or aliases of its own would be: key = its client id in lower case;
 * hash = SHA-256 of key, newline, edit time, newline, and the record as JSON with sorted keys, without clientId and
 * serverId. A collection's hash is the SHA-256 of the lines `key:hash`, sorted by key, each ended by a newline.
 */
@Injectable()
export class DigestService {
  constructor(
    private readonly database: Database,
    private readonly collections: Collections,
  ) {}

  /** @throws AppError sync.collection_unknown */
  async digest(userId: string, query: DigestQuery): Promise<DigestAnswer> {
    if (query.collection !== undefined) this.collections.get(query.collection);
    return this.database
      .of(userId)
      .transaction({ mode: 'snapshot' }, (snapshot) => this.digestIn(snapshot, userId, query));
  }

  /** The same of the moment that a snapshot shows. */
  async digestIn(
    snapshot: Sql,
    userId: string,
    { deviceId = NOBODY, collection: listed }: DigestQuery,
  ): Promise<DigestAnswer> {
    const syncTime = await readClock(snapshot, userId);
    const answer: DigestAnswer = { syncTime, collections: {} };
    const counted = new Map<string, ReadonlySet<string>>();
    for (const collection of this.collections.all()) {
      const records = await this.records(snapshot, { userId, deviceId }, collection, counted);
      counted.set(collection.name, new Set(records.map(({ key }) => key)));
      const lines = records.map(({ key, hash }) => `${key}:${hash}\n`);
      answer.collections[collection.name] = { count: records.length, hash: sha256(lines.join('')) };
      if (collection.name === listed) answer.records = records;
    }
    return answer;
  }

  private async records(
    sql: Sql,
    { userId, deviceId }: { userId: string; deviceId: string },
    { name, references, sql: { table, wire } }: Collection,
    counted: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<RecordDigest[]> {
    const rows = await sql.query<[string]>({
      name: `digest-${name}`,
      text: seenBy(
        `select ${wire.json} from ${table} h ${wire.joins}
          where h.user_id = $1 and $2::text is not null and ${wire.live} and ${wire.resolved} and ${wire.parentsLive}`,
        '$2',
      ),
      rowMode: 'array',
      values: [userId, deviceId],
    });
    const digests: RecordDigest[] = [];
    for (const [json] of rows) {
      const record = JSON.parse(json) as ShownRecord;
      // A parent that does not count itself is on no device that begins anew, and neither are its children.
      const isRooted = references.every(({ name: field, parent }) => {
        const id = record[field];
        return typeof id !== 'string' || counted.get(parent)?.has(id.toLowerCase());
      });
      if (isRooted) digests.push(digestOf(record));
      // Hashing ten thousand records takes a tenth of a second: others are served in between.
      if (digests.length % 500 === 0) await nextTurn();
    }
    return digests.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function digestOf(record: ShownRecord): RecordDigest {
  const { clientId, serverId: _, ...content } = record;
  const key = clientId.toLowerCase();
  return { key, hash: sha256(`${key}\n${content.updatedAt}\n${canonicalJson(content)}`) };
}

async function readClock(sql: Sql, userId: string): Promise<number> {
  const [row] = await sql.query<{ clock: number }>({
    name: 'read-clock',
    text: 'select clock::float8 as clock from sync_clock where user_id = $1',
    values: [userId],
  });
  if (!row) throw new AppError('auth.token_revoked');
  return row.clock;
}
