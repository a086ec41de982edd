import { setTimeout as pause } from 'node:timers/promises';
import { PortalApi } from '../../client/src/api/portal-api.js';
import type { SyncApi } from '../../client/src/api/sync-api.js';
import { MemoryTokens } from '../../client/src/api/tokens.js';
import type { TestApp } from '../support/app.js';
import { COLLECTIONS } from './commands.js';
import type { Line } from './line.js';
import { isSimulated, markOf } from './marks.js';
import { RealAccount, type SavedRows } from './real-account.js';
import { type ServerView, type SimServer, stateKey, type ViewedHead } from './server.js';
import type { PullAnswer, PushAnswer, PushBody } from './wire.js';

const HOUR = 3_600_000;
/** In-process work of a phone and one quick request. */
const A_MOMENT_MS = 2;

/** The real server on PostgreSQL, over HTTP, with the client's own PortalApi; two new accounts for every run. */
export class RealSimServer implements SimServer {
  private saved: { rows: SavedRows[] } | null = null;

  private constructor(private readonly accounts: readonly RealAccount[]) {}

  static async open(app: TestApp): Promise<RealSimServer> {
    return new RealSimServer([await RealAccount.open(app), await RealAccount.open(app)]);
  }

  now(): number {
    return Date.now();
  }

  settle(): Promise<void> {
    return pause(A_MOMENT_MS);
  }

  apiFor(account: number, line: Line): SyncApi {
    const { url, token, userId } = this.accounts[account];
    const signedIn = {
      token,
      refreshToken: '',
      userId,
      receivedAt: Date.now(),
      expiresInMs: HOUR,
      attempt: null,
    };
    return new PortalApi({
      baseUrl: url,
      tokens: new MemoryTokens(signedIn),
      gzip: null,
      fetch: (address, init) => this.fetch(line, address, init),
    });
  }

  /** Faults come between PortalApi and the network, as they do on a phone. */
  private async fetch(line: Line, address: string, init: RequestInit): Promise<Response> {
    const send = async () => {
      const response = await fetch(address, init);
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`${address} was answered with ${JSON.stringify(answer)}`);
      return answer;
    };
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as PushBody) : { deviceId: '' };
    if (address.endsWith('/sync/push'))
      return jsonResponse(await line.push(body, () => send() as Promise<PushAnswer>));
    if (address.endsWith('/sync/pull'))
      return jsonResponse(await line.pull(body, () => send() as Promise<PullAnswer>));
    return jsonResponse(await send());
  }

  async push(account: number, body: PushBody): Promise<PushAnswer> {
    return (await this.accounts[account].post('/api/sync/push', body)) as unknown as PushAnswer;
  }

  pendingChanges(account: number, { deviceId, lastSync, receipt }: PushBody): Promise<number> {
    return this.accounts[account].pendingChanges(deviceId, lastSync ?? 0, receipt ?? undefined);
  }

  async digest(account: number, deviceId: string) {
    const query = new URLSearchParams({ deviceId });
    const { collections } = await this.accounts[account].get(`/api/sync/digest?${query.toString()}`);
    return collections as Record<string, { count: number; hash: string }>;
  }

  async view(account: number): Promise<ServerView> {
    const real = this.accounts[account];
    const heads = new Map<string, ViewedHead>();
    const history = new Map<string, number>();
    for (const row of await real.rows<HeadRow>(HEADS)) {
      const { record, ...rest } = row;
      const { collection } = row;
      const { updatedAt, deletedAt } = rest;
      heads.set(row.serverId, { ...rest, updatedAt, deletedAt, mark: markOf(collection, record) });
    }
    const past = await real.rows<{ serverId: string; collection: string; record: Record<string, unknown> }>(
      'select server_id as "serverId", collection, content as record from record_versions where user_id = $1',
    );
    for (const { serverId, collection, record } of past) {
      if (!isSimulated(collection)) continue;
      const key = stateKey(serverId, markOf(collection, record), record['deletedAt'], record['updatedAt']);
      history.set(key, (history.get(key) ?? 0) + 1);
    }
    const given = await real.rows<{ cursor: string }>(
      `select device_id || '/' || cursor as cursor from device_cursors where user_id = $1`,
    );
    const marks = await real.rows<{ head: string; at: number }>(
      `select device_id || '/' || server_id || '/' || head_version as head, owed_version::float8 as at
        from device_marks where user_id = $1 and owed_version is not null`,
    );
    const owed = new Map(marks.map(({ head, at }) => [head, at]));
    const [clock] = await real.rows<{ clock: number; now: number; epoch: number }>(CLOCK);
    return { ...clock, heads, history, cursors: new Set(given.map(({ cursor }) => cursor)), owed };
  }

  async restoreVersion(account: number, collection: string, serverId: string, version: number) {
    return (await this.accounts[account].restoreVersion(collection, serverId, version)) !== null;
  }

  /** Requests of several phones meet at the server as they come. */
  holdPushes(): () => void {
    return () => undefined;
  }

  async backUp(): Promise<void> {
    this.saved = { rows: await Promise.all(this.accounts.map((account) => account.save())) };
  }

  async restore(): Promise<boolean> {
    if (!this.saved) return false;
    for (const [n, account] of this.accounts.entries()) await account.restore(this.saved.rows[n]);
    return true;
  }

  async twentyMinutesPass(): Promise<void> {
    for (const account of this.accounts) await account.endHolding();
  }
}

const jsonResponse = (answer: unknown) =>
  new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });

type HeadRow = Omit<ViewedHead, 'mark'> & { record: Record<string, unknown> };

const CLOCK = `select clock::float8 as clock, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    (select epoch::float8 from server_state) as epoch from sync_clock where user_id = $1`;

/** Read past the API, so that what the server says is not taken as proof of what it has. */
const TABLES: Record<
  (typeof COLLECTIONS)[number],
  { table: string; mark: string; parents: [string, string][] }
> = {
  routines: { table: 'routines', mark: `'name', h.name`, parents: [] },
  supersets: { table: 'supersets', mark: `'name', h.name`, parents: [['routine', 'routines']] },
  routineExercises: {
    table: 'routine_exercises',
    mark: `'exerciseName', h.exercise_name`,
    parents: [
      ['routine', 'routines'],
      ['superset', 'supersets'],
    ],
  },
  sessions: { table: 'workout_sessions', mark: `'exerciseName', h.exercise_name`, parents: [] },
  phaseStats: {
    table: 'phase_statistics',
    mark: `'concentricKgAvg', h.concentric_kg_avg`,
    parents: [['session', 'workout_sessions']],
  },
  records: { table: 'personal_records', mark: `'exerciseName', h.exercise_name`, parents: [] },
  badges: { table: 'earned_badges', mark: `'celebratedAt', h.celebrated_at`, parents: [] },
  gamificationStats: {
    table: 'gamification_stats',
    mark: `'totalWorkouts', h.total_workouts, 'totalReps', h.total_reps, 'longestStreak', h.longest_streak,
      'currentStreak', h.current_streak, 'lastWorkoutDate', h.last_workout_date`,
    parents: [],
  },
};

const HEADS = COLLECTIONS.map((collection) => {
  const { table, mark, parents } = TABLES[collection];
  const joins = parents.map(
    ([name, other]) =>
      `left join ${other} ${name} on ${name}.user_id = h.user_id and ${name}.server_id = h.${name}_server_id`,
  );
  const isResolved = parents.map(([name]) => `(h.${name}_key is null or h.${name}_server_id is not null)`);
  const isHidden = parents.map(([name]) => `coalesce(${name}.deleted_at is not null, false)`);
  const deletedAt = collection === 'gamificationStats' ? 'null::float8' : 'h.deleted_at::float8';
  return `select '${collection}' as collection, h.server_id as "serverId", h.version::float8 as version,
      json_build_object(${mark}) as record,
      array(select h.client_key union all select a.client_key from record_aliases a
        where a.user_id = h.user_id and a.collection = '${collection}' and a.server_id = h.server_id) as keys,
      h.updated_at::float8 as "updatedAt", ${deletedAt} as "deletedAt",
      ${['true', ...isResolved].join(' and ')} as "isResolved", ${['false', ...isHidden].join(' or ')} as "isHidden"
    from ${table} h ${joins.join(' ')} where h.user_id = $1`;
}).join(' union all ');
