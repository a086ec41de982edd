import type { Sql } from '../../src/database/sql.js';
import type { SimCollection } from './sim-phone.js';

/** A head as the database has it. */
export interface Head {
  collection: SimCollection;
  serverId: string;
  version: number;
  content: string;
  updatedAt: number;
  deletedAt: number | null;
  /** No parent, or a known one. */
  shown: boolean;
  /** Its parent is deleted. */
  hidden: boolean;
}

export interface ServerView {
  clock: number;
  now: number;
  heads: Map<string, Head>;
  /** `serverId content updatedAt deletedAt` → how often it stands in the history. */
  history: Map<string, number>;
}

/** Numbers of the database and of JSON alike become text. */
export const stateKey = (...parts: unknown[]) =>
  parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part ?? null))).join(' ');

const HEADS = `
select 'routines' as collection, server_id as "serverId", version::float8 as version, name as content,
    updated_at::float8 as "updatedAt", deleted_at::float8 as "deletedAt", true as shown, false as hidden
  from routines where user_id = $1
union all
select 'badges', server_id, version::float8, earned_at::text, updated_at::float8, deleted_at::float8, true, false
  from earned_badges where user_id = $1
union all
select 'supersets', s.server_id, s.version::float8, s.name, s.updated_at::float8, s.deleted_at::float8,
    s.routine_server_id is not null, coalesce(r.deleted_at is not null, false)
  from supersets s left join routines r on r.user_id = s.user_id and r.server_id = s.routine_server_id
 where s.user_id = $1`;

/** Everything the laws speak of, read past the API. */
export async function readServer(sql: Sql, userId: string): Promise<ServerView> {
  const heads = await sql.query<Head>({ text: HEADS, values: [userId] });
  const past = await sql.query<{ serverId: string; content: Record<string, unknown>; collection: string }>({
    text: `select server_id as "serverId", collection, content from record_versions where user_id = $1`,
    values: [userId],
  });
  const [clock] = await sql.query<{ clock: number; now: number }>({
    text: `select clock::float8 as clock, extract(epoch from clock_timestamp())::float8 * 1000 as now
      from sync_clock where user_id = $1`,
    values: [userId],
  });
  const history = new Map<string, number>();
  for (const { serverId, collection, content } of past) {
    const text = collection === 'badges' ? content['earnedAt'] : content['name'];
    const key = stateKey(serverId, text, content['updatedAt'], content['deletedAt']);
    history.set(key, (history.get(key) ?? 0) + 1);
  }
  if (!clock) throw new Error('the account has no clock');
  return { ...clock, heads: new Map(heads.map((head) => [head.serverId, head])), history };
}
