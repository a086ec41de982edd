import { Module } from '@nestjs/common';
import { SyncModule } from '../sync/sync.module.js';
import { EarnedBadgeDto } from './earned-badge.dto.js';
import { EarnedBadge } from './earned-badge.entity.js';
import { GamificationStatsDto } from './gamification-stats.dto.js';
import { GamificationStats } from './gamification-stats.entity.js';
import { GamificationController } from './gamification.controller.js';
import { GamificationService } from './gamification.service.js';
import { mergeStats } from './merge-stats.js';

@Module({
  imports: [
    SyncModule.forFeature([
      {
        name: 'badges',
        entity: EarnedBadge,
        dto: EarnedBadgeDto,
        naturalKey: ['badgeId'],
        fixed: ['badgeId'],
      },
      {
        name: 'gamificationStats',
        entity: GamificationStats,
        dto: GamificationStatsDto,
        singleton: mergeStats,
      },
    ]),
  ],
  controllers: [GamificationController],
  providers: [GamificationService],
})
export class GamificationModule {}
