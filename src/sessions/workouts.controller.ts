import { Controller, Get, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { WorkoutsAnswer, WorkoutsQuery } from './workouts.dto.js';
import { WorkoutsService } from './workouts.service.js';

@ApiTags('sessions')
@Controller('workouts')
export class WorkoutsController {
  constructor(private readonly workouts: WorkoutsService) {}

  @Get()
  @FreeTier()
  @ApiOperation({
    summary: 'Sets grouped as trainings, newest first',
    description:
      'By the run of a routine; sets without one by time: a pause of more than two hours ends a training.',
  })
  @ApiOkResponse({ type: WorkoutsAnswer })
  @ApiProblems('request.invalid')
  list(@CurrentUser() user: AuthUser, @Query() query: WorkoutsQuery): Promise<WorkoutsAnswer> {
    return this.workouts.list(user.id, query);
  }
}
