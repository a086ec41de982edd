import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { GamificationStats } from './gamification-stats.entity.js';

export class GamificationStatsDto extends OmitType(GamificationStats, [...SERVER_COLUMNS, 'serverId']) {}
