import { Injectable } from '@nestjs/common';
import { BEGINNING, type Page, pageOf } from '../common/paging.js';
import { Database } from '../database/sql.js';
import { repsOf, toGrams, volumeKgOf, weightPerCableKgOf } from './volume.js';
import { beginsWorkout, endOf, orderOf, routineRunOf } from './workout-grouping.js';
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
     where ${isLive('s')} and ${orderOf('s')} < ($2::bigint, $3::uuid)
       and ($4::bigint is null or s.timestamp >= $4) and ($5::bigint is null or s.timestamp < $5)
       and ${beginsWorkout('s')}
     order by s.timestamp desc, s.server_id desc limit $6
  ), bounded as (
    select f.*, coalesce(n.timestamp, ${BEGINNING.at}) as next_timestamp, coalesce(n.server_id, '${BEGINNING.id}') as next_id
      from firsts f left join lateral (
        select n.timestamp, n.server_id from workout_sessions n
         where f.run is null and ${isLive('n')} and ${routineRunOf('n')} is null
           and ${orderOf('n')} > ${orderOf('f')} and ${beginsWorkout('n')}
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
           and ${orderOf('s')} >= ${orderOf('f')} and ${orderOf('s')} < (f.next_timestamp, f.next_id)) s
  ), exercises as (
    select workout, json_agg(json_build_object('exerciseId', exercise_id, 'exerciseName', name, 'sets', sets,
        'reps', reps, 'volumeKg', volume, 'bestWeightPerCableKg', weight) order by first, exercise_id) as list
      from (
        select workout, exercise_id, min(timestamp) as first, count(*) as sets, sum(reps) as reps,
            (array_agg(exercise_name order by timestamp desc) filter (where exercise_name <> ''))[1] as name,
            ${toGrams('sum(volume)')} as volume, max(weight) as weight
          from sets group by workout, exercise_id) e
     group by workout
  ), workouts as (
    select workout, run, min(timestamp) as started_at, max(ended_at) as ended_at, count(*) as sets, sum(reps) as reps,
        sum(volume) as volume, sum(calories) as calories,
        (array_agg(routine_name order by timestamp) filter (where routine_name <> ''))[1] as routine_name,
        array_agg(server_id order by timestamp, server_id) as session_ids
      from sets group by workout, run
  )
  select w.started_at::float8 as at, w.workout as id, w.ended_at::float8 as "endedAt", w.run as "routineSessionId",
      w.routine_name as "routineName", w.sets::float8 as sets, w.reps::float8 as reps, ${toGrams('w.volume')} as "volumeKg",
      ${toGrams('w.calories')} as "estimatedCalories", e.list as exercises, w.session_ids as "sessionIds"
    from workouts w join exercises e on e.workout = w.workout
   order by w.started_at desc, w.workout desc`;

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
