import { Controller, Get, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { BestRecordsQuery, PersonalRecordsAnswer, RecordHistoryQuery } from './personal-records.dto.js';
import { PersonalRecordsService } from './personal-records.service.js';

@ApiTags('sessions')
@Controller('records')
export class PersonalRecordsController {
  constructor(private readonly records: PersonalRecordsService) {}

  @Get()
  @FreeTier()
  @ApiOperation({ summary: 'The best per exercise, mode and type' })
  @ApiOkResponse({ type: PersonalRecordsAnswer })
  @ApiProblems('request.invalid')
  best(@CurrentUser() user: AuthUser, @Query() query: BestRecordsQuery): Promise<PersonalRecordsAnswer> {
    return this.records.best(user.id, query);
  }

  @Get('history')
  @FreeTier()
  @ApiOperation({ summary: 'Every record there ever was, those that were beaten included' })
  @ApiOkResponse({ type: PersonalRecordsAnswer })
  @ApiProblems('request.invalid')
  history(@CurrentUser() user: AuthUser, @Query() query: RecordHistoryQuery): Promise<PersonalRecordsAnswer> {
    return this.records.history(user.id, query);
  }
}
