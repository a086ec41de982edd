import { Entity } from 'typeorm';
import { Int, Millis, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

@Entity('routines')
export class Routine extends SyncedEntity {
  @Text(255) name: string;
  @Text(20_000, { default: '' }) description: string;
  @Millis({ nullable: true }) lastUsed: number | null;
  @Int({ default: 0 }) useCount: number;
}
