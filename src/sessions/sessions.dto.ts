import { ApiProperty } from '../common/api-docs.js';
import { PageAnswer, PageQuery } from '../common/paging.js';
import { QueryFlag, QueryMillis, QueryText } from '../common/query.js';
import { PhaseStatisticDto } from './phase-statistic.dto.js';
import { WorkoutSessionDto } from './workout-session.dto.js';

export class SessionQuery {
  @QueryFlag('Also shows deleted records; `deletedAt` tells which.')
  deleted: boolean = false;
}

export class SessionsQuery extends PageQuery {
  @QueryMillis('Only sets that start then or later, epoch ms.')
  from?: number;

  @QueryMillis('Only sets that start before, epoch ms.')
  to?: number;

  @QueryText('Only sets of this exercise.')
  exerciseId?: string;

  @QueryText('Only sets in this mode, letter by letter: it is free text.')
  mode?: string;

  @QueryText('Only sets of routines of this name.')
  routineName?: string;

  @QueryText('Only the sets of one run of a routine.')
  routineSessionId?: string;

  @QueryFlag('Also shows deleted sets; `deletedAt` tells which.')
  deleted: boolean = false;
}

export class SessionsAnswer extends PageAnswer {
  @ApiProperty({ type: [WorkoutSessionDto], description: 'Newest first.' })
  items: WorkoutSessionDto[];
}

export class SessionAnswer extends WorkoutSessionDto {
  @ApiProperty({ type: [PhaseStatisticDto] })
  phaseStats: PhaseStatisticDto[];
}
