import { Entity, Index } from 'typeorm';
import { Millis, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

@Entity('earned_badges')
@Index(['userId', 'naturalKey'])
export class EarnedBadge extends SyncedEntity {
  @Text(100, { description: 'Such as `streak_7`; the list grows with the app.' }) badgeId: string;
  @Millis() earnedAt: number;
  @Millis({ nullable: true, description: 'When the user saw the animation' }) celebratedAt: number | null;
}
