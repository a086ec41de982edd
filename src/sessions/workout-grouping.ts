/**
 * Which sets are one training, as SQL over workout_sessions. Sets of one routine run name it (`routineSessionId`). All
 * others belong together as long as no pause between the end of one and the start of the next exceeds the gap.
 */

const HOUR_MS = 3_600_000;
/** Nobody rests for two hours and calls it the same training; two trainings on one day lie further apart. */
const WORKOUT_GAP_MS = 2 * HOUR_MS;
/** A set that claims more has a wrong duration, which must not swallow the trainings after it. */
const SET_MAX_MS = 4 * HOUR_MS;

/** JSON carries no integer beyond 2^53 exactly, and a record may well start there. */
export const endOf = (set: string) =>
  `least(${set}.timestamp + least(greatest(${set}.duration, 0), ${SET_MAX_MS}), ${Number.MAX_SAFE_INTEGER})`;

/** '' for sets that are grouped by time. */
const RUN = `coalesce(s.routine_session_id, '')`;

/**
 * All live sets of user $1 with `run`, and `begins`: whether a training begins with the set. Windows, so that every set is
 * looked at once: a look at the neighbours of each set in the index would read less, but becomes quadratic in the minute
 * after a first push, when the planner does not know yet that the table has rows.
 */
export const SETS_WITH_BEGINNINGS = `
  select s.*, ${RUN} as run,
      count(*) over earlier = 0
        or ${RUN} = '' and s.timestamp > max(${endOf('s')}) over earlier + ${WORKOUT_GAP_MS} as begins
    from workout_sessions s
   where s.user_id = $1 and s.deleted_at is null
  window earlier as (partition by ${RUN} order by s.timestamp, s.server_id rows between unbounded preceding and 1 preceding)`;
