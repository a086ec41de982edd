import type { LocalRecord } from '../../client/src/sync/record.js';
import type { SimCollection } from './commands.js';
import { isSimulated, markOf } from './marks.js';
import type { SimPhone } from './phone.js';
import { type ServerView, stateKey, type ViewedHead } from './server.js';
import { hold } from './violation.js';

/** How far the clock may run ahead of wall time, ms: a push takes one value per 500 records. */
const A_FEW_MS = 50;

/** 4. `before` is what was seen last, of the same database. */
export function checkClock(before: ServerView, now: ServerView): void {
  hold(4, now.clock >= before.clock, () => `the clock went from ${before.clock} to ${now.clock}`);
  hold(
    4,
    now.clock <= now.now + A_FEW_MS,
    () => `the clock is at ${now.clock}, ${now.clock - now.now} ms ahead of wall time`,
  );
  for (const { serverId, version } of now.heads.values()) {
    const old = before.heads.get(serverId)?.version;
    hold(
      4,
      old === version || version > before.clock,
      () => `${serverId} was given version ${version}, which an earlier push had passed (${before.clock})`,
    );
    hold(4, version <= now.clock, () => `${serverId} has version ${version}, the clock is at ${now.clock}`);
  }
}

/** 3. Content is everything but the edit time: what the head said already changes nothing, whatever the time on it. */
export function checkNothingLost({ heads, history }: ServerView, accepted: ReadonlySet<string>): void {
  const states = [...history.keys()];
  for (const { collection, serverId, mark, updatedAt, deletedAt } of heads.values()) {
    const state = stateKey(serverId, mark, deletedAt, updatedAt);
    // The parts of a merged singleton may come together twice.
    hold(
      3,
      collection === 'gamificationStats' || !history.has(state),
      () => `${state} is the head and in the history`,
    );
    states.push(state);
  }
  const kept = new Set(states);
  for (const [state, count] of history)
    hold(3, count === 1, () => `${state} stands ${count} times in the history`);
  for (const state of accepted)
    if (!kept.has(state))
      hold(
        3,
        states.some((other) => contentIn(other) === contentIn(state)),
        () => `${state} is neither the head nor in the history`,
      );
}

const contentIn = (key: string) => key.slice(0, key.lastIndexOf(' '));

/** 1. For a cursor that would be honoured; with any other the phone is sent everything. What it is owed will come. */
export function checkNothingMissed(phone: SimPhone, view: ServerView): void {
  const state = phone.stateNow();
  if (!state || state.epoch !== view.epoch || !view.cursors.has(`${state.deviceId}/${state.cursor}`)) return;
  for (const head of view.heads.values()) {
    if (head.version > state.cursor || !head.isResolved) continue;
    if ((view.owed.get(`${state.deviceId}/${head.serverId}/${head.version}`) ?? 0) > state.cursor) continue;
    const row = phone.rowNow(head.collection, head.serverId);
    if (row?.dirty !== undefined || row?.refusal !== undefined) continue;
    if (!row && (head.deletedAt !== null || head.isHidden || phone.hasUnacknowledged(head))) continue;
    hold(1, row !== undefined && shows(row, head), () => difference(phone, state.cursor, head, row));
  }
}

function difference(phone: SimPhone, cursor: number, head: ViewedHead, row: LocalRecord | undefined): string {
  return `phone ${phone.number} (${phone.deviceId}) at cursor ${cursor}\n  has   ${JSON.stringify(row)}\n  needs ${JSON.stringify(head)}`;
}

function shows({ collection, record }: LocalRecord, head: ViewedHead): boolean {
  return (
    markOf(collection as SimCollection, record) === head.mark &&
    record.updatedAt === head.updatedAt &&
    (record.deletedAt ?? null) === head.deletedAt
  );
}

/** 2, at the end: the phone's records are the server's. What the server refused counts as what the server has of it. */
export function checkAlike(phone: SimPhone, view: ServerView): void {
  const name = `phone ${phone.number} (${phone.deviceId})`;
  for (const head of view.heads.values()) {
    const row = settled(phone.rowNow(head.collection, head.serverId));
    if (!head.isResolved || (!row && (head.isHidden || head.deletedAt !== null))) continue;
    hold(2, row !== undefined && shows(row, head), () =>
      difference(phone, phone.stateNow()?.cursor ?? 0, head, row),
    );
  }
  for (const row of phone.rowsNow()) {
    if (!isSimulated(row.collection) || row.refusal !== undefined) continue;
    hold(2, row.dirty === undefined, () => `${name} still has to send ${JSON.stringify(row)}`);
    if (row.collection === 'gamificationStats') continue;
    const { serverId } = row.record;
    hold(2, view.heads.has(String(serverId)), () => `${name} alone has ${JSON.stringify(row)}`);
  }
}

/** The phone shows an older state of a record that has since been moved to a parent that is not known yet. */
export const isBehindHeldBack = (phone: SimPhone, view: ServerView) =>
  [...view.heads.values()].some((head) => {
    const row = settled(phone.rowNow(head.collection, head.serverId));
    return !head.isResolved && row !== undefined && !shows(row, head);
  });

function settled(row: LocalRecord | undefined): LocalRecord | undefined {
  if (row?.refusal === undefined) return row;
  return row.base && { ...row, record: row.base };
}
