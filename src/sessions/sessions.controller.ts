import { Controller, Get, Param, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { SessionAnswer, SessionQuery, SessionsAnswer, SessionsQuery } from './sessions.dto.js';
import { SessionsService } from './sessions.service.js';

/** Reads only: a portal's edit is a push from a device of platform `web`, see docs/portal.md. */
@ApiTags('sessions')
@Controller('sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @FreeTier()
  @ApiOperation({ summary: 'Sets, newest first' })
  @ApiOkResponse({ type: SessionsAnswer })
  @ApiProblems('request.invalid')
  list(@CurrentUser() user: AuthUser, @Query() query: SessionsQuery): Promise<SessionsAnswer> {
    return this.sessions.list(user.id, query);
  }

  @Get(':id')
  @FreeTier()
  @ApiOperation({ summary: 'One set with its phase statistics, by server id or client id' })
  @ApiOkResponse({ type: SessionAnswer })
  @ApiProblems('request.invalid', 'record.unknown')
  get(
    @CurrentUser() user: AuthUser,
    @Param('id') id: string,
    @Query() { deleted }: SessionQuery,
  ): Promise<SessionAnswer> {
    return this.sessions.get(user.id, id, deleted);
  }
}
