import type { Statement } from '../database/sql.js';
import { type DeviceState, forgettingStatements, type IssuedCursor, type Versions } from './device-state.js';
import { HOLD_MS } from './holding.js';

/** What a push says of its device. */
export interface DeviceUpdate {
  deviceId: string;
  deviceName: string | null;
  platform: string | null;
  usedCursor: boolean;
  firstGiven: number | null;
  lastCursor: number;
  holding: {
    held: Versions | null;
    marks: readonly object[];
    changed: boolean;
    pushNumber: number;
    pushCursor: number;
  };
  /** The push changed records: the device has synced just now. */
  wrote: boolean;
}

/** A device that has only pulled has not said what it is. */
export const UNKNOWN_PLATFORM = 'unknown';

/** Registers or updates a device; writes nothing if all of it is known. */
export function deviceStatements(userId: string, state: DeviceState, update: DeviceUpdate): Statement[] {
  const { deviceId, holding } = update;
  const deviceName = update.deviceName ?? state.deviceName;
  const platform = update.platform ?? state.platform ?? UNKNOWN_PLATFORM;
  const same =
    state.known &&
    !update.wrote &&
    !holding.changed &&
    deviceName === state.deviceName &&
    platform === state.platform &&
    update.usedCursor === state.usedCursor &&
    update.firstGiven === state.firstGiven;
  if (same) return [];
  const holds = holding.held !== null || holding.marks.length > 0;
  return [
    {
      name: 'save-device',
      text: `insert into sync_devices (user_id, device_id, device_name, platform, created_at, last_sync_at, used_cursor,
        last_cursor, push_number, push_cursor, held_from, held_to, held_until, first_given)
      values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      on conflict (user_id, device_id) do update
         set device_name = excluded.device_name, platform = excluded.platform, last_sync_at = excluded.last_sync_at,
             used_cursor = excluded.used_cursor, last_cursor = excluded.last_cursor,
             push_number = excluded.push_number, push_cursor = excluded.push_cursor, held_from = excluded.held_from,
             held_to = excluded.held_to, held_until = excluded.held_until, first_given = excluded.first_given`,
      values: [
        userId,
        deviceId,
        deviceName,
        platform,
        state.now,
        update.usedCursor,
        update.lastCursor,
        holding.pushNumber,
        holds ? holding.pushCursor : null,
        holding.held?.from ?? null,
        holding.held?.to ?? null,
        holds ? state.now + HOLD_MS : null,
        update.firstGiven,
      ],
    },
  ];
}

/** A cursor that a pull is about to give a device. */
export interface CursorGiven extends IssuedCursor {
  usedCursor: boolean;
  /** The clock when the answer was made. */
  clock: number;
  now: number;
}

/**
 * Remembers that a pull gives the device this cursor; registers a device that pulls before it ever pushed. One
 * statement, durable before the answer leaves. Locking the clock row's key keeps an account that is being deleted from
 * growing rows again.
 */
export function cursorGivenStatements(
  userId: string,
  deviceId: string,
  { cursor, first, pushNumber, usedCursor, clock, now }: CursorGiven,
): Statement[] {
  return [
    {
      name: 'save-cursor-given',
      text: `with account as (select user_id from sync_clock where user_id = $1 for key share),
      device as (
        insert into sync_devices as held
          (user_id, device_id, platform, created_at, last_sync_at, used_cursor, last_cursor, first_given)
        select user_id, $2, $3, $4::bigint, $4::bigint, $5, $6::bigint, $9::bigint from account
        on conflict (user_id, device_id) do update
           set last_sync_at = excluded.last_sync_at, last_cursor = excluded.last_cursor,
               used_cursor = held.used_cursor or excluded.used_cursor,
               first_given = coalesce(held.first_given, excluded.first_given))
      insert into device_cursors as held (user_id, device_id, cursor, first, push_number)
      select user_id, $2, $6::bigint, $7, $8::int from account
      on conflict (user_id, device_id, cursor) do update set first = excluded.first, push_number = excluded.push_number
      where (held.first, held.push_number) is distinct from (excluded.first, excluded.push_number)`,
      values: [userId, deviceId, UNKNOWN_PLATFORM, now, usedCursor, cursor, first, pushNumber, clock],
    },
    ...forgettingStatements(userId, deviceId, cursor),
  ];
}
