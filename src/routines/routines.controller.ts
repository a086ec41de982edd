import { Controller, Get, Param, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import {
  CustomExercisesAnswer,
  RoutineQuery,
  RoutinesAnswer,
  RoutinesQuery,
  RoutineTreeDto,
} from './routines.dto.js';
import { RoutinesService } from './routines.service.js';

/** Reads only: a portal's edit is a push from a device of platform `web`, see docs/portal.md. */
@ApiTags('routines')
@Controller()
export class RoutinesController {
  constructor(private readonly routines: RoutinesService) {}

  @Get('routines')
  @FreeTier()
  @ApiOperation({ summary: 'Routines with their supersets and exercises in order' })
  @ApiOkResponse({ type: RoutinesAnswer })
  @ApiProblems('request.invalid')
  list(@CurrentUser() user: AuthUser, @Query() query: RoutinesQuery): Promise<RoutinesAnswer> {
    return this.routines.list(user.id, query);
  }

  @Get('routines/:id')
  @FreeTier()
  @ApiOperation({ summary: 'One routine as a tree, by server id or client id' })
  @ApiOkResponse({ type: RoutineTreeDto })
  @ApiProblems('request.invalid', 'record.unknown')
  get(
    @CurrentUser() user: AuthUser,
    @Param('id') id: string,
    @Query() { deleted }: RoutineQuery,
  ): Promise<RoutineTreeDto> {
    return this.routines.get(user.id, id, deleted);
  }

  @Get('exercises')
  @FreeTier()
  @ApiOperation({ summary: 'Exercises the user made; the catalogue lives in the app' })
  @ApiOkResponse({ type: CustomExercisesAnswer })
  @ApiProblems('request.invalid')
  customExercises(
    @CurrentUser() user: AuthUser,
    @Query() query: RoutinesQuery,
  ): Promise<CustomExercisesAnswer> {
    return this.routines.customExercises(user.id, query);
  }
}
