import { Entity } from 'typeorm';
import { Int, Reference, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** Exercises of one routine that are done in turn. */
@Entity('supersets')
export class Superset extends SyncedEntity {
  @Reference('routines') routineId: string;
  @Text(255) name: string;
  @Int({ default: 0, description: '0 indigo, 1 pink, 2 green, 3 amber' }) colorIndex: number;
  @Int({ default: 10 }) restBetweenSeconds: number;
  @Int({ description: 'Shared ordering with the routine’s stand-alone exercises' }) orderIndex: number;
}
