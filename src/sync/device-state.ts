import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { CoalescedRead } from '../database/coalesced-read.js';
import type { Reading } from '../database/sql.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/sql.js';

/** A range of versions, both ends included. */
export interface Versions {
  from: number;
  to: number;
}

/** A single head that a device holds (`owedVersion` null) or is owed. */
export interface Mark {
  collection: string;
  serverId: string;
  headVersion: number;
  owedVersion: number | null;
  pushNumber: number;
}

/** The one indexed read behind every sync request: account clock, device, and whether the cursor was ours. */
export interface DeviceState {
  clock: number;
  /** The database's wall clock. */
  now: number;
  epoch: number;
  known: boolean;
  deviceName: string | null;
  platform: string | null;
  lastSyncAt: number | null;
  revoked: boolean;
  usedCursor: boolean;
  lastCursor: number | null;
  /** The clock when a pull of it was first answered: what was deleted by then it was never sent. */
  firstGiven: number | null;
  pushNumber: number;
  pushCursor: number | null;
  held: Versions | null;
  heldUntil: number | null;
  issued: boolean;
  issuedFirst: boolean;
  issuedPush: number | null;
  marks: Mark[];
}

/** As the push number of a mark: it stays after delivery, so that the device is not told the same again. */
export const TOLD_ONCE = -1;

/** $1 users, $2 their devices, $3 the cursors those present: a row for each account that exists. */
const STATES = {
  name: 'device-states',
  text: `
    select a.place, c.clock, floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now, e.epoch,
      d.device_id is not null as known, d.device_name, d.platform, d.last_sync_at,
      d.revoked_at is not null as revoked, coalesce(d.used_cursor, false) as used_cursor, d.last_cursor,
      d.first_given, coalesce(d.push_number, 0) as push_number, d.push_cursor, d.held_from, d.held_to, d.held_until,
      k.cursor is not null as issued, coalesce(k.first, false) as issued_first, k.push_number as issued_push,
      (select json_agg(json_build_object('collection', m.collection, 'serverId', m.server_id,
          'headVersion', m.head_version, 'owedVersion', m.owed_version, 'pushNumber', m.push_number))
         from device_marks m where m.user_id = c.user_id and m.device_id = a.device_id
          and (m.owed_version > coalesce(k.cursor, 0) or m.push_number = ${TOLD_ONCE}
            or (m.owed_version is null and m.push_number = d.push_number))) as marks
      from unnest($1::uuid[], $2::text[], $3::bigint[]) with ordinality a(user_id, device_id, cursor, place)
      cross join lateral (select * from sync_clock c where c.user_id = a.user_id offset 0) c
      cross join server_state e
      left join lateral (select * from sync_devices d
        where d.user_id = a.user_id and d.device_id = a.device_id offset 0) d on true
      left join lateral (select * from device_cursors k
        where k.user_id = a.user_id and k.device_id = a.device_id and k.cursor = a.cursor offset 0) k on true`,
};

/** bigint comes as text, or as a number where the read was one of several in one statement. */
type StateRow = [
  clock: string,
  now: string,
  epoch: string,
  known: boolean,
  deviceName: string | null,
  platform: string | null,
  lastSyncAt: string | null,
  revoked: boolean,
  usedCursor: boolean,
  lastCursor: string | null,
  firstGiven: string | null,
  pushNumber: number,
  pushCursor: string | null,
  heldFrom: string | null,
  heldTo: string | null,
  heldUntil: string | null,
  issued: boolean,
  issuedFirst: boolean,
  issuedPush: number | null,
  marks: Mark[] | null,
];

const numberOf = (text: string | null) => (text === null ? null : Number(text));

function stateOf([
  clock,
  now,
  epoch,
  known,
  deviceName,
  platform,
  lastSyncAt,
  revoked,
  usedCursor,
  lastCursor,
  firstGiven,
  pushNumber,
  pushCursor,
  from,
  to,
  heldUntil,
  issued,
  issuedFirst,
  issuedPush,
  marks,
]: StateRow): DeviceState {
  return {
    clock: Number(clock),
    now: Number(now),
    epoch: Number(epoch),
    known,
    deviceName,
    platform,
    lastSyncAt: numberOf(lastSyncAt),
    revoked,
    usedCursor,
    lastCursor: numberOf(lastCursor),
    firstGiven: numberOf(firstGiven),
    pushNumber,
    pushCursor: numberOf(pushCursor),
    held: from === null || to === null ? null : { from: Number(from), to: Number(to) },
    heldUntil: numberOf(heldUntil),
    issued,
    issuedFirst,
    issuedPush,
    marks: marks ?? [],
  };
}

/** What no cursor of ours can be: asked for instead of numbers that bigint cannot hold. */
const NO_CURSOR = -1;

/**
 * Reads where devices stand. `read` is for whoever only looks: the reads of one turn go as one statement. `reading` is for
 * a push, which has locked the clock and must see what the lock waited for. Both read whatever the device is;
 * `refuseRevoked` is the caller's to ask.
 */
@Injectable()
export class DeviceStates {
  private readonly reads: CoalescedRead<[userId: string, deviceId: string, cursor: number], StateRow>;

  constructor(database: Database) {
    this.reads = new CoalescedRead(database, STATES);
  }

  /** @throws AppError auth.token_revoked when the account is gone */
  async read(userId: string, deviceId: string, lastSync: number): Promise<DeviceState> {
    return existing(await this.reads.read([userId, deviceId, cursorOf(lastSync)]));
  }

  /** Within a push. Whoever sends it takes the state from it afterwards. */
  reading(userId: string, deviceId: string, lastSync: number): StateReading {
    return new StateReading([[userId], [deviceId], [cursorOf(lastSync)]]);
  }
}

class StateReading implements Reading {
  private row: StateRow | undefined;

  constructor(private readonly values: unknown[]) {}

  get statement(): Statement {
    return { ...STATES, rowMode: 'array', values: this.values };
  }

  take([found]: unknown[][]): void {
    if (found) this.row = found.slice(1) as StateRow;
  }

  /** @throws AppError auth.token_revoked when the account is gone */
  get state(): DeviceState {
    return existing(this.row);
  }
}

export const cursorOf = (lastSync: number) => (Number.isSafeInteger(lastSync) ? lastSync : NO_CURSOR);

function existing(row: StateRow | undefined): DeviceState {
  if (!row) throw new AppError('auth.token_revoked');
  return stateOf(row);
}

/** @throws AppError sync.device_revoked */
export function refuseRevoked({ revoked }: DeviceState): void {
  if (revoked) throw new AppError('sync.device_revoked');
}

/** What a device says of itself with every push and pull. */
export interface Presented {
  lastSync: number;
  /** Undefined: the client knows no epochs. */
  epoch?: number;
  /** Undefined: the client shows none, and is believed by its cursor. */
  receipt?: number;
}

/** What the server believes of the device, given the cursor it presented. */
export interface Standing {
  /** The honoured cursor: `lastSync` if it was issued to this user and device, else 0. */
  cursor: number;
  /** The cursor was not ours: everything is sent again. */
  resync: boolean;
  /** The device is in its very first download: tombstones and children of deleted parents are of no use to it… */
  fresh: boolean;
  /** …up to this version. Later ones may be of records that an earlier answer, given but not acknowledged, held. */
  tombstonesAfter: number;
  /** What its latest push sent is in its hands. */
  holds: boolean;
}

/** Judges the cursor. Trusting one that was not issued to this very device loses records, so nothing is inferred. */
export function standingOf(state: DeviceState, { lastSync, epoch, receipt }: Presented): Standing {
  const sameEpoch = epoch === undefined || epoch === state.epoch;
  const trusted = sameEpoch && (lastSync === 0 || state.issued);
  const fromPush = state.issued && state.issuedPush !== null && state.issuedPush === state.pushNumber;
  const withPush = lastSync === state.pushCursor && state.now < (state.heldUntil ?? 0);
  // A receipt is kept in memory only: a restored, cloned or reinstalled client has none, whatever cursor it has.
  const fresh = sameEpoch && (lastSync === 0 ? !state.usedCursor : state.issued && state.issuedFirst);
  return {
    cursor: trusted ? lastSync : 0,
    resync: !trusted,
    fresh,
    tombstonesAfter: fresh ? (state.firstGiven ?? Number.MAX_SAFE_INTEGER) : 0,
    holds: sameEpoch && (receipt === undefined ? fromPush || withPush : receipt === state.pushNumber),
  };
}

/** What a pull leaves out and what it adds, as parameters of its statement. */
export interface Exceptions {
  held: Versions | null;
  heldMarks: Mark[];
  owedMarks: Mark[];
}

export function exceptionsOf(state: DeviceState, { cursor, holds }: Standing): Exceptions {
  return {
    held: holds ? state.held : null,
    heldMarks: holds
      ? state.marks.filter((mark) => mark.owedVersion === null && mark.pushNumber === state.pushNumber)
      : [],
    owedMarks: state.marks.filter((mark) => mark.owedVersion !== null && mark.owedVersion > cursor),
  };
}

export interface IssuedCursor {
  cursor: number;
  first: boolean;
  pushNumber: number | null;
}

/** Remembers that this cursor was given to this device. Writes nothing if that is known already. */
export function cursorStatements(userId: string, deviceId: string, issued: IssuedCursor): Statement[] {
  if (issued.cursor === 0) return [];
  return [
    {
      name: 'issue-cursor',
      text: `insert into device_cursors as held (user_id, device_id, cursor, first, push_number) values ($1, $2, $3, $4, $5)
      on conflict (user_id, device_id, cursor) do update set first = excluded.first, push_number = excluded.push_number
      where (held.first, held.push_number) is distinct from (excluded.first, excluded.push_number)`,
      values: [userId, deviceId, issued.cursor, issued.first, issued.pushNumber],
    },
  ];
}

const FORGET_EVERY = 64;

/** Cursors kept per device. An older one is no longer known: its owner gets everything again, and loses nothing. */
export const CURSORS_KEPT = 500;

/** Asked for with every new cursor, works at about one in 64: cursors are times, so their last bits are as good as chance. */
export function forgettingStatements(userId: string, deviceId: string, cursor: number): Statement[] {
  if (cursor === 0 || cursor % FORGET_EVERY !== 0) return [];
  return [
    {
      name: 'forget-old-cursors',
      text: `delete from device_cursors where user_id = $1 and device_id = $2 and cursor <
      (select cursor from device_cursors where user_id = $1 and device_id = $2 order by cursor desc offset $3 limit 1)`,
      values: [userId, deviceId, CURSORS_KEPT],
    },
  ];
}
