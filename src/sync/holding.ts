import type { Sql, Statement } from '../database/sql.js';
import type { Collection } from './collection.js';
import type { Collections } from './collections.js';
import { type DeviceState, type Mark, type Standing, TOLD_ONCE, type Versions } from './device-state.js';
import type { Plan } from './plan.js';

/**
 * What a device holds and is owed after a push (§5). In the normal case it is told by two numbers, the range of versions
 * its latest push was given; only heads outside that range need a row each.
 */
export interface Holding {
  /** The versions this push, and pushes with the same cursor that it repeats, were given. */
  held: Versions | null;
  marks: Mark[];
  /** Differs from what is stored. */
  changed: boolean;
  pushNumber: number;
}

/**
 * How long the cursor a push carried proves that the device still holds what it sent. First-generation phones pull with
 * it at once; later the same cursor may come from a phone restored to an older backup, which must be sent everything.
 */
export const HOLD_MS = 15 * 60 * 1000;

export interface Assigned {
  /** The versions of the heads this push changed, or null. */
  versions: Versions | null;
  /** The greatest version before this push. */
  before: number;
}

export async function holdingAfter(
  sql: Sql,
  userId: string,
  collections: Collections,
  plans: readonly Plan[],
  { state, standing, lastSync }: { state: DeviceState; standing: Standing; lastSync: number },
  assigned: Assigned,
): Promise<Holding> {
  const equal = plans.flatMap(({ collection, equals }) =>
    equals
      .filter(({ whole, target }) => whole && target.head !== null && target.head.version > standing.cursor)
      .map(({ target }) => ({
        collection: collection.name,
        serverId: target.serverId,
        headVersion: target.head?.version as number,
      })),
  );
  const repeated = await repeats(sql, userId, collections, { state, lastSync }, equal, assigned.before);
  const held = repeated
    ? { from: repeated.from, to: assigned.versions?.to ?? repeated.to }
    : assigned.versions;
  const marked = equal.filter(({ headVersion }) => !held || headVersion < held.from || headVersion > held.to);
  return compare(state, lastSync, held, marked);
}

/**
 * Whether this push sends again everything that an earlier one with the same cursor was given versions for (its answer
 * was lost): then the range goes on to hold, else what was not sent again is no longer known to be there.
 */
async function repeats(
  sql: Sql,
  userId: string,
  collections: Collections,
  { state, lastSync }: { state: DeviceState; lastSync: number },
  equal: readonly { headVersion: number }[],
  before: number,
): Promise<Versions | null> {
  if (state.held === null || state.pushCursor !== lastSync) return null;
  const { from, to } = state.held;
  const sentAgain = equal.filter(({ headVersion }) => headVersion >= from).length;
  if (sentAgain === 0) return null;
  const [row] = await sql.query<{ total: number }>({
    name: 'count-versions',
    text: collections.text('count-versions', countVersionsSql),
    values: [userId, from, before],
  });
  return row?.total === sentAgain ? { from, to: Math.max(to, before) } : null;
}

const names = (list: readonly { serverId: string; headVersion: number }[]) =>
  list
    .map(({ serverId, headVersion }) => `${serverId}/${headVersion}`)
    .toSorted()
    .join();

function compare(
  state: DeviceState,
  lastSync: number,
  held: Versions | null,
  marked: readonly { collection: string; serverId: string; headVersion: number }[],
): Holding {
  const old = state.marks.filter(
    ({ owedVersion, pushNumber }) => owedVersion === null && pushNumber === state.pushNumber,
  );
  const nothing = held === null && marked.length === 0;
  const same =
    held?.from === state.held?.from &&
    held?.to === state.held?.to &&
    names(old) === names(marked) &&
    (nothing || (state.pushCursor === lastSync && state.now < (state.heldUntil ?? 0) - HOLD_MS / 2));
  const pushNumber = same ? state.pushNumber : state.pushNumber + 1;
  const marks = marked.map((mark) => ({ ...mark, owedVersion: null, pushNumber }));
  return { held, marks, changed: !same, pushNumber };
}

/** The versions in question, and what of them the device holds. */
interface Unheld {
  userId: string;
  after: number;
  before: number;
  held: Versions | null;
  /** Server ids of single heads that are held. */
  marked: string[];
}

/** The least version in (after, before] that the device is not known to hold: its cursor must stay below. */
export async function firstUnheld(
  sql: Sql,
  collections: Collections,
  { userId, after, before, held, marked }: Unheld,
): Promise<number | null> {
  if (after >= before) return null;
  const [row] = await sql.query<{ first: number | null }>({
    name: 'first-unheld',
    text: collections.text('first-unheld', firstUnheldSql),
    values: [userId, after, before, held?.from ?? 1, held?.to ?? 0, marked],
  });
  return row?.first ?? null;
}

/** $1 user, $2 and $3 versions, both included → how many heads have one of them. */
function countVersionsSql(collections: readonly Collection[]): string {
  const counts = collections.map(
    ({ sql: { table } }) => `select count(*) from ${table} where user_id = $1 and version between $2 and $3`,
  );
  return `select sum(count)::float8 as total from (${counts.join(' union all ')}) c`;
}

/** $1 user, $2 after, $3 up to, $4 and $5 versions that are held, $6 server ids that are held. */
function firstUnheldSql(collections: readonly Collection[]): string {
  // In the order of the index, one at most: min() would read all of them where the planner expects few.
  const firsts = collections.map(
    ({ sql: { table } }) => `(select version from ${table}
      where user_id = $1 and version > $2 and version <= $3
        and not (version between $4 and $5) and server_id not in (select unnest($6::uuid[]))
      order by version limit 1)`,
  );
  return `select min(version)::float8 as first from (${firsts.join(' union all ')}) f`;
}

/** Writes the marks of a push; held marks of earlier pushes are dropped, and owed ones that were delivered. */
export function markStatements(
  userId: string,
  deviceId: string,
  { dropHeld, delivered, marks }: { dropHeld: boolean; delivered: number; marks: readonly Mark[] },
): Statement[] {
  const statements: Statement[] = [];
  if (dropHeld || marks.length > 0)
    statements.push({
      name: 'drop-marks',
      text: `delete from device_marks where user_id = $1 and device_id = $2
        and ((owed_version is null and $3) or (owed_version <= $4 and push_number <> ${TOLD_ONCE}))`,
      values: [userId, deviceId, dropHeld, delivered],
    });
  if (marks.length === 0) return statements;
  statements.push({
    name: 'store-marks',
    text: `insert into device_marks (user_id, device_id, collection, server_id, head_version, owed_version, push_number)
      select $1, $2, m.collection, m."serverId", m."headVersion", m."owedVersion", m."pushNumber"
        from json_to_recordset($3::json)
          as m(collection text, "serverId" uuid, "headVersion" bigint, "owedVersion" bigint, "pushNumber" int)
      on conflict (user_id, device_id, collection, server_id) do update
         set head_version = excluded.head_version, owed_version = excluded.owed_version,
             push_number = excluded.push_number`,
    values: [userId, deviceId, JSON.stringify(marks)],
  });
  return statements;
}
