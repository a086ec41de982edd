import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { nextTurn } from './event-loop.js';
import { unpack } from './parquet.js';

interface ChunkRow {
  key: string;
  id: string;
  firstAt: number;
  lastAt: number;
  count: number;
}

export interface SamplesChecked {
  faults: { place: string; recordId: string; what: string }[];
  opened: number;
}

const PLACE = 'samples';
const PAGE = 1000;

/** Holds chunks of samples against their index. Reads only. */
@Injectable()
export class SamplesCheck {
  constructor(private readonly database: Database) {}

  /** Looks at the index of all chunks of an account, and into about `open` of them, evenly chosen. */
  check(userId: string, open: number): Promise<SamplesChecked> {
    return this.database.of(userId).transaction({ mode: 'snapshot' }, async (snapshot) => {
      const checked: SamplesChecked = { faults: [], opened: 0 };
      const [{ total }] = await snapshot.query<{ total: number }>({
        name: 'check-chunk-count',
        text: 'select count(*)::int as total from metric_chunks where user_id = $1',
        values: [userId],
      });
      const step = Math.max(1, total / Math.max(1, open));
      let seen = 0;
      let before: ChunkRow | undefined;
      for await (const chunk of chunksOf(snapshot, userId)) {
        if (before?.key === chunk.key && chunk.firstAt <= before.lastAt)
          checked.faults.push(faultOf(chunk, `overlaps ${before.id} of the same session`));
        before = chunk;
        if (open > 0 && Math.floor(seen++ % step) === 0) {
          checked.opened++;
          const fault = await faultInside(snapshot, userId, chunk);
          if (fault !== null) checked.faults.push(faultOf(chunk, fault));
        }
      }
      return checked;
    });
  }
}

const faultOf = ({ id, key }: ChunkRow, what: string) => ({
  place: PLACE,
  recordId: id,
  what: `this chunk of the session ${key} ${what}`,
});

async function* chunksOf(snapshot: Sql, userId: string): AsyncGenerator<ChunkRow> {
  for (let after = { key: '', firstAt: 0, id: '00000000-0000-0000-0000-000000000000' }; ;) {
    const rows = await snapshot.query<ChunkRow>({
      name: 'check-chunks',
      text: `select session_key as key, id, first_at::float8 as "firstAt", last_at::float8 as "lastAt", sample_count as count
        from metric_chunks where user_id = $1 and (session_key, first_at, id) > ($2, $3::bigint, $4)
        order by session_key, first_at, id limit ${PAGE}`,
      values: [userId, after.key, after.firstAt, after.id],
    });
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows[rows.length - 1];
  }
}

async function faultInside(snapshot: Sql, userId: string, chunk: ChunkRow): Promise<string | null> {
  const [{ blob }] = await snapshot.query<{ blob: Buffer }>({
    name: 'check-chunk',
    text: 'select blob from metric_chunks where user_id = $1 and session_key = $2 and id = $3',
    values: [userId, chunk.key, chunk.id],
  });
  await nextTurn();
  try {
    const { count, timestamp } = unpack(blob);
    if (count !== chunk.count) return `has ${count} samples, its index says ${chunk.count}`;
    const [first, last] = [timestamp[0], timestamp[count - 1]];
    if (first === chunk.firstAt && last === chunk.lastAt) return null;
    return `is of ${first} to ${last}, its index says ${chunk.firstAt} to ${chunk.lastAt}`;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}
