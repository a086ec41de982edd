import type { Env } from '../config/env.js';
import type { Statement } from '../database/sql.js';

const DAY_MS = 86_400_000;

/** Rows of one transaction: the account's pushes wait no longer than these take. */
export const SWEEP_ROWS = 2000;

/** A kind of thing that has its time. */
export interface Sweep {
  name: string;
  /** What is older goes. */
  before: (env: Env, now: number) => number;
  /** $1 user, $2 before, $3 how many → what goes. */
  doomed: string;
  /** The same, and lets them go: as many rows as went. */
  act: string;
}

export const SWEEPS: readonly Sweep[] = [history(), quarantine(), cursors(), refreshTokens(), signIns()];

export function sweepStatement(sweep: Sweep, userId: string, before: number): Statement {
  return { name: `sweep-${sweep.name}`, text: sweep.act, values: [userId, before, SWEEP_ROWS] };
}

export function countStatement({ name, doomed }: Sweep, userId: string, before: number): Statement {
  return {
    name: `count-${name}`,
    text: `select count(*)::int as count from (${doomed}) d`,
    values: [userId, before, null],
  };
}

/**
 * Of what was put away long ago the newest state of each record and month stays, and the newest live state of a record for
 * each of the two ways states come into the history: so the last content of a deleted record stays whatever came after.
 * Only the content goes. The row stays, with the hashes by which a request is known again that comes a year late, from a
 * phone restored from an old backup: taken for an edit it would become the head.
 */
function history(): Sweep {
  const doomed = `select collection, server_id, version from (
      select collection, server_id, version, stored_at, deleted,
        row_number() over (partition by collection, server_id, month order by stored_at desc, version desc) as in_month,
        row_number() over (partition by collection, server_id, deleted, reason
          order by stored_at desc, version desc) as of_kind
      from (select collection, server_id, version, stored_at, reason, content ->> 'deletedAt' is not null as deleted,
          date_trunc('month', to_timestamp(stored_at / 1000.0) at time zone 'UTC') as month
        from record_versions where user_id = $1 and content is not null) v) v
    where stored_at < $2 and in_month > 1 and (deleted or of_kind > 1)
    order by collection, server_id, version limit $3`;
  return {
    name: 'history',
    before: ({ historyFullDays }, now) => now - historyFullDays * DAY_MS,
    doomed,
    act: `update record_versions v set content = null from (${doomed}) d
      where v.user_id = $1 and v.collection = d.collection and v.server_id = d.server_id and v.version = d.version
      returning 1`,
  };
}

function quarantine(): Sweep {
  const doomed =
    'select id from rejected_records where user_id = $1 and received_at < $2 order by id limit $3';
  return {
    name: 'quarantine',
    before: ({ quarantineDays }, now) => now - quarantineDays * DAY_MS,
    doomed,
    act: `delete from rejected_records where user_id = $1 and id in (${doomed}) returning 1`,
  };
}

/** A device that comes back after years presents the last it was given: that one stays. */
function cursors(): Sweep {
  const doomed = `select k.device_id, k.cursor from device_cursors k
    left join sync_devices d on d.user_id = k.user_id and d.device_id = k.device_id
    where k.user_id = $1 and k.cursor < $2 and k.cursor is distinct from d.last_cursor
      and exists (select from device_cursors n
        where n.user_id = k.user_id and n.device_id = k.device_id and n.cursor > k.cursor)
    order by k.device_id, k.cursor limit $3`;
  return {
    name: 'cursors',
    before: ({ historyFullDays }, now) => now - historyFullDays * DAY_MS,
    doomed,
    act: `delete from device_cursors where user_id = $1 and (device_id, cursor) in (${doomed}) returning 1`,
  };
}

function refreshTokens(): Sweep {
  const doomed = 'select token_hash from refresh_tokens where user_id = $1 and expires_at <= $2 limit $3';
  return {
    name: 'refreshTokens',
    before: (_, now) => now,
    doomed,
    act: `delete from refresh_tokens where user_id = $1 and token_hash in (${doomed}) returning 1`,
  };
}

/** Sign-ins none of whose tokens can be good any more. */
function signIns(): Sweep {
  const doomed = 'select id from auth_sessions where user_id = $1 and last_used_at < $2 limit $3';
  return {
    name: 'signIns',
    before: ({ accessTokenDays, refreshTokenDays }, now) =>
      now - Math.max(accessTokenDays, refreshTokenDays) * DAY_MS,
    doomed,
    act: `delete from auth_sessions where user_id = $1 and id in (${doomed}) returning 1`,
  };
}
