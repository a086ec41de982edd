import { Injectable } from '@nestjs/common';
import { BEGINNING, type Page, pageOf } from '../common/paging.js';
import { PortalReads } from '../sync/portal-reads.js';
import { repsOf, toGrams, volumeKgOf, weightPerCableKgOf } from './volume.js';
import { endOf, SETS_WITH_BEGINNINGS } from './workout-grouping.js';
import type { WorkoutDto, WorkoutsQuery } from './workouts.dto.js';

/**
 * Every set learns the first set of its training (gaps and islands), which is what the page is sorted and cut by; figures
 * are made for the sets of the page only. Reads the account's live sets once, whichever page is asked for.
 */
const WORKOUTS = `
  with numbered as (
    select b.*, count(*) filter (where b.begins) over (partition by b.run order by b.timestamp, b.server_id) as number
      from (${SETS_WITH_BEGINNINGS}) b
  ), placed as (
    select n.*, first_value(n.timestamp) over own as started_at, first_value(n.server_id) over own as workout
      from numbered n window own as (partition by n.run, n.number order by n.timestamp, n.server_id)
  ), ranked as (
    select p.*, dense_rank() over (order by p.started_at desc, p.workout desc) as rank
      from placed p
     where (p.started_at, p.workout) < ($2::bigint, $3::uuid)
       and ($4::bigint is null or p.started_at >= $4) and ($5::bigint is null or p.started_at < $5)
  ), sets as (
    select s.workout, nullif(s.run, '') as run, s.timestamp, s.server_id, s.exercise_id, s.exercise_name, s.routine_name,
        ${endOf('s')} as ended_at, ${repsOf('s')} as reps, ${volumeKgOf('s')} as volume,
        ${weightPerCableKgOf('s')} as weight, s.estimated_calories::text::float8 as calories
      from ranked s where s.rank <= $6
  ), exercises as materialized (
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
  constructor(private readonly reads: PortalReads) {}

  async list(
    userId: string,
    { cursor = BEGINNING, from, to, limit }: WorkoutsQuery,
  ): Promise<Page<WorkoutDto>> {
    const rows = await this.reads.of(userId).query<WorkoutRow>({
      name: 'workouts',
      text: WORKOUTS,
      values: [userId, cursor.at, cursor.id, from, to, limit + 1],
    });
    return pageOf(rows, limit, ({ id, at, ...workout }) => ({ id, startedAt: at, ...workout }));
  }
}
