import { Injectable } from '@nestjs/common';
import type { Page } from '../common/paging.js';
import { HeadsService, type Listing } from '../sync/heads.service.js';
import type { EarnedBadgeDto } from './earned-badge.dto.js';
import type { GamificationStatsDto } from './gamification-stats.dto.js';
import type { BadgesQuery } from './gamification.dto.js';

const BADGES: Listing = { name: 'badges', collection: 'badges', newestBy: 'earned_at' };

@Injectable()
export class GamificationService {
  constructor(private readonly heads: HeadsService) {}

  badges(userId: string, { deleted, ...query }: BadgesQuery): Promise<Page<EarnedBadgeDto>> {
    return this.heads.page(BADGES, { userId, deleted }, query);
  }

  /** As the phones have counted; null before one has. */
  findStats(userId: string): Promise<GamificationStatsDto | null> {
    return this.heads.single('gamificationStats', { userId });
  }
}
