import { Controller, Get, Query } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { CurrentUser, FreeTier } from '../auth/decorators.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../common/api-docs.js';
import { ApiProblems } from '../common/api-problems.js';
import { BadgesAnswer, BadgesQuery, StatsAnswer } from './gamification.dto.js';
import { GamificationService } from './gamification.service.js';

@ApiTags('gamification')
@Controller()
export class GamificationController {
  constructor(private readonly gamification: GamificationService) {}

  @Get('badges')
  @FreeTier()
  @ApiOperation({ summary: 'Earned badges' })
  @ApiOkResponse({ type: BadgesAnswer })
  @ApiProblems('request.invalid')
  badges(@CurrentUser() user: AuthUser, @Query() query: BadgesQuery): Promise<BadgesAnswer> {
    return this.gamification.badges(user.id, query);
  }

  @Get('stats')
  @FreeTier()
  @ApiOperation({ summary: 'Streaks and counters, as the phones have counted them' })
  @ApiOkResponse({ type: StatsAnswer })
  async stats(@CurrentUser() user: AuthUser): Promise<StatsAnswer> {
    return { stats: await this.gamification.findStats(user.id) };
  }
}
