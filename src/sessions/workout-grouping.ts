/**
 * Which sets are one training, as SQL over workout_sessions. Sets of one routine run name it (`routineSessionId`). All
 * others belong together as long as no pause between the end of one and the start of the next exceeds the gap.
 */

const HOUR_MS = 3_600_000;
/** Nobody rests for two hours and calls it the same training; two trainings on one day lie further apart. */
export const WORKOUT_GAP_MS = 2 * HOUR_MS;
/** A set that claims more has a wrong duration, which must not swallow the trainings after it. */
export const SET_MAX_MS = 4 * HOUR_MS;

/** null: the set is grouped by time. */
export const routineRunOf = (set: string) => `nullif(${set}.routine_session_id, '')`;

/** JSON carries no integer beyond 2^53 exactly, and a record may well start there. */
export const endOf = (set: string) =>
  `least(${set}.timestamp + least(greatest(${set}.duration, 0), ${SET_MAX_MS}), ${Number.MAX_SAFE_INTEGER})`;

export const orderOf = (set: string) => `(${set}.timestamp, ${set}.server_id)`;

const isEarlierOf = (earlier: string, set: string) =>
  `${earlier}.user_id = ${set}.user_id and ${earlier}.deleted_at is null and ${orderOf(earlier)} < ${orderOf(set)}`;

/** Finds the nearest first, which nearly always decides; `exists` would begin at the far end of the index. */
const nearest = (alias: string) => `order by ${alias}.timestamp desc, ${alias}.server_id desc limit 1`;

/**
 * Whether a training begins with this set. Asked set by set, with a look at the neighbour in the index, so that the
 * newest trainings are found without reading the years before them, as windows over all sets would.
 */
export const beginsWorkout = (set: string) => `(case when ${routineRunOf(set)} is null
  then (select e.timestamp from workout_sessions e where ${isEarlierOf('e', set)} and ${routineRunOf('e')} is null
    and e.timestamp >= ${set}.timestamp - ${WORKOUT_GAP_MS + SET_MAX_MS}
    and ${endOf('e')} + ${WORKOUT_GAP_MS} >= ${set}.timestamp ${nearest('e')}) is null
  else (select e.timestamp from workout_sessions e where ${isEarlierOf('e', set)}
    and e.routine_session_id = ${set}.routine_session_id ${nearest('e')}) is null end)`;
