import { Entity } from 'typeorm';
import { Real, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** An exercise the user made; the built-in catalogue lives in the app and is not synced. */
@Entity('custom_exercises')
export class CustomExercise extends SyncedEntity {
  @Text(255) name: string;
  @Text(20_000, { nullable: true }) description: string | null;
  @Text(100) muscleGroup: string;
  // The plan requires it; first-generation phones do not send it, so a new record without it holds ''.
  @Text(500, { default: '', description: 'Comma list' }) muscleGroups: string;
  @Text(500, { nullable: true }) muscles: string | null;
  @Text(100, { description: 'Comma list' }) equipment: string;
  @Text(100, { nullable: true }) movement: string | null;
  @Text(50, { nullable: true }) sidedness: string | null;
  @Text(50, { nullable: true }) grip: string | null;
  @Text(50, { nullable: true }) gripWidth: string | null;
  @Real({ nullable: true }) minRepRange: number | null;
  @Text(20_000, { nullable: true, description: 'Comma list' }) aliases: string | null;
  @Text(50) defaultCableConfig: string;
  @Real({ nullable: true }) oneRepMaxKg: number | null;
}
