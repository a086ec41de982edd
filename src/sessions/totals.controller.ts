import { Controller, Get, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { ExerciseTotalsAnswer, TotalsAnswer, TotalsQuery, TotalsRangeQuery } from './totals.dto.js';
import { TotalsService } from './totals.service.js';

@ApiTags('sessions')
@Controller('totals')
export class TotalsController {
  constructor(private readonly totals: TotalsService) {}

  @Get()
  @FreeTier()
  @ApiOperation({ summary: 'Volume, sets, repetitions and best lifts per day, week or month' })
  @ApiOkResponse({ type: TotalsAnswer })
  @ApiProblems('request.invalid')
  byPeriod(@CurrentUser() user: AuthUser, @Query() query: TotalsQuery): Promise<TotalsAnswer> {
    return this.totals.byPeriod(user.id, query);
  }

  @Get('exercises')
  @FreeTier()
  @ApiOperation({ summary: 'The same per exercise' })
  @ApiOkResponse({ type: ExerciseTotalsAnswer })
  @ApiProblems('request.invalid')
  byExercise(@CurrentUser() user: AuthUser, @Query() query: TotalsRangeQuery): Promise<ExerciseTotalsAnswer> {
    return this.totals.byExercise(user.id, query);
  }
}
