import { ApiProperty } from '../common/api-docs.js';
import { QueryMillis, QueryOneOf, QueryText } from '../common/query.js';
import { QueryTimeZone } from './time-zone.js';

const MILLIS = { type: 'integer', format: 'int64' } as const;
const COUNT = { type: 'integer' } as const;

export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

export class TotalsRangeQuery {
  @QueryMillis('Only sets that start then or later, epoch ms.')
  from?: number;

  @QueryMillis('Only sets that start before, epoch ms.')
  to?: number;
}

export class TotalsQuery extends TotalsRangeQuery {
  @QueryOneOf(PERIODS, { default: 'day', description: 'Weeks begin on Monday.' })
  by: Period = 'day';

  @QueryTimeZone()
  timeZone: string = 'UTC';

  @QueryText('Only sets of this exercise.')
  exerciseId?: string;
}

/** What is said of any number of sets. */
export class TotalsDto {
  @ApiProperty(COUNT) sets: number;
  @ApiProperty(COUNT) reps: number;
  @ApiProperty({ description: 'Both cables, kg; see docs/portal.md for the rule.' }) volumeKg: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Greatest estimate after Epley, kg per cable; null where no set has a repetition.',
  })
  bestOneRepMaxPerCableKg: number | null;
  @ApiProperty({ description: 'Greatest weight, kg per cable' }) bestWeightPerCableKg: number;
}

export class PeriodTotalsDto extends TotalsDto {
  @ApiProperty({ ...MILLIS, description: 'When the day, week or month begins in the time zone asked for.' })
  from: number;
  @ApiProperty({ format: 'date', example: '2026-01-05', description: 'The same as a local date.' })
  date: string;
  @ApiProperty({
    ...COUNT,
    nullable: true,
    description: 'Trainings that began in it (GET /api/workouts); null when asked for one exercise.',
  })
  workouts: number | null;
}

const HAS_MORE = 'More than the answer may hold: the oldest are left out.';

export class TotalsAnswer {
  @ApiProperty({ type: [PeriodTotalsDto], description: 'Oldest first; a period without a set is left out.' })
  items: PeriodTotalsDto[];
  @ApiProperty({ description: HAS_MORE }) hasMore: boolean;
}

export class ExerciseTotalsDto extends TotalsDto {
  @ApiProperty({ type: String, nullable: true, description: 'null: sets without an exercise (Just Lift).' })
  exerciseId: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The latest name a set gives it; null if none does.',
  })
  exerciseName: string | null;
  @ApiProperty({ ...MILLIS, description: 'Start of its latest set.' }) lastAt: number;
}

export class ExerciseTotalsAnswer {
  @ApiProperty({ type: [ExerciseTotalsDto], description: 'The one trained last comes first.' })
  items: ExerciseTotalsDto[];
  @ApiProperty({ description: HAS_MORE }) hasMore: boolean;
}
