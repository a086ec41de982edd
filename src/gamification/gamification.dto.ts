import { ApiProperty } from '../common/api-docs.js';
import { PageAnswer, PageQuery } from '../common/paging.js';
import { QueryFlag } from '../common/query.js';
import { EarnedBadgeDto } from './earned-badge.dto.js';
import { GamificationStatsDto } from './gamification-stats.dto.js';

export class BadgesQuery extends PageQuery {
  @QueryFlag('Also shows deleted badges; `deletedAt` tells which.')
  deleted: boolean = false;
}

export class BadgesAnswer extends PageAnswer {
  @ApiProperty({ type: [EarnedBadgeDto], description: 'The one earned last comes first.' })
  items: EarnedBadgeDto[];
}

export class StatsAnswer {
  @ApiProperty({
    type: GamificationStatsDto,
    nullable: true,
    description: 'null before a phone has sent them.',
  })
  stats: GamificationStatsDto | null;
}
