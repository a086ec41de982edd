import { Injectable } from '@nestjs/common';
import { PortalReads } from '../sync/portal-reads.js';
import { refusingUnknownZone, zoneNameOf } from './time-zone.js';
import type {
  ExerciseTotalsAnswer,
  ExerciseTotalsDto,
  PeriodTotalsDto,
  TotalsAnswer,
  TotalsQuery,
  TotalsRangeQuery,
} from './totals.dto.js';
import { oneRepMaxPerCableKgOf, repsOf, toGrams, volumeKgOf, weightPerCableKgOf } from './volume.js';
import { SETS_WITH_BEGINNINGS } from './workout-grouping.js';

/**
 * The calendar in which sets are counted by period: years 1970 to 9999. A record may hold any integer as its time, of
 * which PostgreSQL's calendar does not cover all; what lies outside is no training and is in no period.
 */
const CALENDAR = { from: 0, to: Date.UTC(9999, 11, 31) };

/** Ten years of days. */
const PERIODS_MAX = 3_660;
/** The catalogue has 572; the rest is room for the user's own. */
const EXERCISES_MAX = 2_000;

const FIGURES = `${repsOf('s')} as reps, ${volumeKgOf('s')} as volume, ${weightPerCableKgOf('s')} as weight,
  ${oneRepMaxPerCableKgOf('s')} as one_rep_max`;

const TOTALS = `count(*)::float8 as sets, sum(reps)::float8 as reps, ${toGrams('sum(volume)')} as "volumeKg",
  ${toGrams('max(one_rep_max)')} as "bestOneRepMaxPerCableKg", max(weight) as "bestWeightPerCableKg"`;

/**
 * When a local date begins. Where clocks are set back over midnight there are two midnights, and PostgreSQL names the
 * second: the hour before it then still, or already, belongs to the date.
 */
const BEGINNING = `(select case when (midnight - interval '1 hour') at time zone $5 >= period
    then midnight - interval '1 hour' else midnight end
  from (select period at time zone $5 as midnight) m)`;

/** `workouts`: SQL for the number of trainings that began in a period. */
const byPeriod = (sets: string, workouts: string) => `
  with sets as (
    select date_trunc($4::text, to_timestamp(s.timestamp / 1000::float8) at time zone $5::text) as period, ${FIGURES}, s.begins
      from (${sets}) s
     where s.timestamp >= $2::bigint and s.timestamp < $3::bigint
  ), periods as (
    select period, ${TOTALS}, ${workouts} as workouts from sets group by period order by period desc limit $6
  )
  select floor(extract(epoch from ${BEGINNING}) * 1000)::float8 as "from", to_char(period, 'YYYY-MM-DD') as date, sets, reps,
      "volumeKg", workouts, "bestOneRepMaxPerCableKg", "bestWeightPerCableKg"
    from periods order by period desc`;

const OF_ALL = byPeriod(SETS_WITH_BEGINNINGS, '(count(*) filter (where begins))::float8');

/** How many trainings hold one exercise is another question: not asked, so that other exercises need not be read. */
const OF_EXERCISE = byPeriod(
  `select s.*, null as begins from workout_sessions s
    where s.user_id = $1 and s.deleted_at is null and s.exercise_id = $7`,
  'null::float8',
);

const BY_EXERCISE = `
  with sets as (
    select s.exercise_id, s.exercise_name, s.timestamp, s.server_id, ${FIGURES}
      from workout_sessions s
     where s.user_id = $1 and s.deleted_at is null
       and ($2::bigint is null or s.timestamp >= $2) and ($3::bigint is null or s.timestamp < $3)
  )
  select exercise_id as "exerciseId",
      (array_agg(exercise_name order by timestamp desc, server_id desc) filter (where exercise_name <> ''))[1] as "exerciseName",
      ${TOTALS}, max(timestamp)::float8 as "lastAt"
    from sets group by exercise_id order by "lastAt" desc, exercise_id limit $4`;

/** Sums over sets, made by the database. */
@Injectable()
export class TotalsService {
  constructor(private readonly reads: PortalReads) {}

  /** @throws AppError request.invalid for a time zone that the database does not know */
  async byPeriod(userId: string, { by, timeZone, from, to, exerciseId }: TotalsQuery): Promise<TotalsAnswer> {
    const values = [
      userId,
      Math.max(from ?? CALENDAR.from, CALENDAR.from),
      Math.min(to ?? CALENDAR.to, CALENDAR.to),
      by,
      zoneNameOf(timeZone),
      PERIODS_MAX + 1,
    ];
    const statement =
      exerciseId === undefined
        ? { name: 'totals-by-period', text: OF_ALL, values }
        : { name: 'totals-of-exercise', text: OF_EXERCISE, values: [...values, exerciseId] };
    const rows = await refusingUnknownZone(this.reads.of(userId).query<PeriodTotalsDto>(statement));
    return { items: rows.slice(0, PERIODS_MAX).toReversed(), hasMore: rows.length > PERIODS_MAX };
  }

  async byExercise(userId: string, { from, to }: TotalsRangeQuery): Promise<ExerciseTotalsAnswer> {
    const rows = await this.reads.of(userId).query<ExerciseTotalsDto>({
      name: 'totals-by-exercise',
      text: BY_EXERCISE,
      values: [userId, from, to, EXERCISES_MAX + 1],
    });
    return { items: rows.slice(0, EXERCISES_MAX), hasMore: rows.length > EXERCISES_MAX };
  }
}
