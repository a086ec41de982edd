import { ApiProperty } from '../common/api-docs.js';
import { PageAnswer, PageQuery } from '../common/paging.js';
import { QueryMillis } from '../common/query.js';

const MILLIS = { type: 'integer', format: 'int64' } as const;
const COUNT = { type: 'integer' } as const;
const TEXT = { type: String, nullable: true } as const;
const VOLUME = { description: 'Both cables, kg; see docs/portal.md for the rule.' };

export class WorkoutsQuery extends PageQuery {
  @QueryMillis('Only workouts that began then or later, epoch ms.')
  from?: number;

  @QueryMillis('Only workouts that began before, epoch ms.')
  to?: number;
}

export class WorkoutExerciseDto {
  @ApiProperty({ ...TEXT, description: 'null: sets without an exercise (Just Lift).' }) exerciseId:
    string | null;
  @ApiProperty(TEXT) exerciseName: string | null;
  @ApiProperty(COUNT) sets: number;
  @ApiProperty(COUNT) reps: number;
  @ApiProperty(VOLUME) volumeKg: number;
  @ApiProperty({ description: 'kg per cable' }) bestWeightPerCableKg: number;
}

export class WorkoutDto {
  @ApiProperty({ format: 'uuid', description: 'The server id of its first set.' }) id: string;
  @ApiProperty(MILLIS) startedAt: number;
  @ApiProperty({ ...MILLIS, description: 'End of its last set.' }) endedAt: number;
  @ApiProperty({ ...TEXT, description: 'null: the sets were grouped by time.' }) routineSessionId:
    string | null;
  @ApiProperty(TEXT) routineName: string | null;
  @ApiProperty(COUNT) sets: number;
  @ApiProperty(COUNT) reps: number;
  @ApiProperty(VOLUME) volumeKg: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'kcal of the sets that tell them; null if none does.',
  })
  estimatedCalories: number | null;
  @ApiProperty({ type: [WorkoutExerciseDto], description: 'In the order of their first sets.' })
  exercises: WorkoutExerciseDto[];
  @ApiProperty({ type: [String], description: 'Server ids of its sets, in the order of their start.' })
  sessionIds: string[];
}

export class WorkoutsAnswer extends PageAnswer {
  @ApiProperty({ type: [WorkoutDto], description: 'Newest first.' })
  items: WorkoutDto[];
}
