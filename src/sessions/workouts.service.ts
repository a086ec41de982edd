import { Injectable } from '@nestjs/common';
import { BEGINNING, type Page, pageOf } from '../common/paging.js';
import { Database } from '../database/sql.js';
import { repsOf, toGrams, volumeKgOf, weightPerCableKgOf } from './volume.js';
import { beginsWorkout, endOf, placeOf, routineRunOf } from './workout-grouping.js';
import type { WorkoutDto, WorkoutsQuery } from './workouts.dto.js';

const isLive = (set: string) => `${set}.user_id = $1 and ${set}.deleted_at is null`;

/**
 * The first sets of the page's workouts are found by walking down the index on (user, timestamp) until the page is full;
 * then their other sets are read: the rest of the routine run, or all sets grouped by time up to the next first set. A
 * page costs what its own sets cost, however long the account has been training.
 */
const WORKOUTS = `
  with firsts as (
    select s.timestamp, s.server_id, ${routineRunOf('s')} as run
      from workout_sessions s
     where ${isLive('s')} and ${placeOf('s')} < ($2::bigint, $3::uuid)
       and ($4::bigint is null or s.timestamp >= $4) and ($5::bigint is null or s.timestamp < $5)
       and ${beginsWorkout('s')}
     order by s.timestamp desc, s.server_id desc limit $6
  ), bounded as (
    select f.*, coalesce(n.timestamp, ${BEGINNING.at}) as next_timestamp, coalesce(n.server_id, '${BEGINNING.id}') as next_id
      from firsts f left join lateral (
        select n.timestamp, n.server_id from workout_sessions n
         where f.run is null and ${isLive('n')} and ${routineRunOf('n')} is null
           and ${placeOf('n')} > ${placeOf('f')} and ${beginsWorkout('n')}
         order by n.timestamp, n.server_id limit 1) n on true
  ), sets as (
    select f.server_id as workout, f.run, s.timestamp, s.server_id, s.exercise_id, s.exercise_name, s.routine_name,
        ${endOf('s')} as ended_at, ${repsOf('s')} as reps, ${volumeKgOf('s')} as volume,
        ${weightPerCableKgOf('s')} as weight, s.estimated_calories::text::float8 as calories
      from bounded f cross join lateral (
        select s.* from workout_sessions s where ${isLive('s')} and s.routine_session_id = f.run
        union all
        select s.* from workout_sessions s
         where f.run is null and ${isLive('s')} and ${routineRunOf('s')} is null
           and ${placeOf('s')} >= ${placeOf('f')} and ${placeOf('s')} < (f.next_timestamp, f.next_id)) s
  ), exercises as (
    select workout, json_agg(json_build_object('exerciseId', exercise_id, 'exerciseName', name, 'sets', sets,
        'reps', reps, 'volumeKg', volume, 'bestWeightPerCableKg', weight) order by first, exercise_id) as list
      from (
        select workout, exercise_id, min(timestamp) as first, count(*) as sets, sum(reps) as reps,
            (array_agg(exercise_name order by timestamp desc) filter (where exercise_name <> ''))[1] as name,
            ${toGrams('sum(volume)')} as volume, max(weight) as weight
          from sets group by workout, exercise_id) e
     group by workout
  )
  select min(s.timestamp)::float8 as at, s.workout as id, max(s.ended_at)::float8 as "endedAt", s.run as "routineSessionId",
      (array_agg(s.routine_name order by s.timestamp) filter (where s.routine_name <> ''))[1] as "routineName",
      count(*)::float8 as sets, sum(s.reps)::float8 as reps, ${toGrams('sum(s.volume)')} as "volumeKg",
      ${toGrams('sum(s.calories)')} as "estimatedCalories",
      (select e.list from exercises e where e.workout = s.workout) as exercises,
      array_agg(s.server_id order by s.timestamp, s.server_id) as "sessionIds"
    from sets s group by s.workout, s.run
   order by at desc, id desc`;

type WorkoutRow = Omit<WorkoutDto, 'startedAt'> & { at: number };

/** Sets as the trainings they belong to. */
@Injectable()
export class WorkoutsService {
  constructor(private readonly database: Database) {}

  async list(
    userId: string,
    { cursor = BEGINNING, from, to, limit }: WorkoutsQuery,
  ): Promise<Page<WorkoutDto>> {
    const rows = await this.database.query<WorkoutRow>({
      name: 'workouts',
      text: WORKOUTS,
      values: [userId, cursor.at, cursor.id, from, to, limit + 1],
    });
    return pageOf(rows, limit, ({ id, at, ...workout }) => ({ id, startedAt: at, ...workout }));
  }
}
