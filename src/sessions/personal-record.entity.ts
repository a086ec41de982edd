import { Entity, Index } from 'typeorm';
import { Int, Millis, Real, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** One personal best. The phone replaces it under a new row number at every improvement. */
@Entity('personal_records')
@Index(['userId', 'naturalKey'])
export class PersonalRecord extends SyncedEntity {
  @Text(255) exerciseId: string;
  @Text(255, { description: 'Often empty' }) exerciseName: string;
  @Real({ description: 'kg per cable' }) weight: number;
  @Int() reps: number;
  @Real({ description: 'Epley: weight × (1 + reps / 30), kg per cable' }) oneRepMax: number;
  @Millis() achievedAt: number;
  @Text(50) workoutMode: string;
  @Text(50, { default: 'MAX_WEIGHT', description: '`MAX_WEIGHT` or `MAX_VOLUME`' }) prType: string;
  @Real({ default: 0, description: 'weight × reps' }) volume: number;
  @Text(255, { nullable: true, description: 'The session it was lifted in, as the phone names it.' })
  sessionId: string | null;
}
