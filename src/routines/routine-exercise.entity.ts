import { Entity } from 'typeorm';
import { Bool, Int, Real, Reference, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** One exercise of a routine. The lists of sets are texts, as the phone writes them. */
@Entity('routine_exercises')
export class RoutineExercise extends SyncedEntity {
  @Reference('routines') routineId: string;
  @Reference('supersets', { nullable: true }) supersetId: string | null;
  @Text(255, { nullable: true }) exerciseId: string | null;
  @Text(255) exerciseName: string;
  @Text(100, { default: '' }) exerciseMuscleGroup: string;
  @Text(100, { default: '' }) exerciseEquipment: string;
  @Text(50, { default: 'DOUBLE' }) exerciseDefaultCableConfig: string;
  @Text(50, { default: 'DOUBLE' }) cableConfig: string;
  @Int() orderIndex: number;
  @Text(255, { default: '10,10,10', description: 'Comma list of repetitions, `AMRAP` marks' })
  setReps: string;
  @Real({ default: 0 }) weightPerCableKg: number;
  @Text(500, { default: '', description: 'Comma list of kg per cable, or empty' }) setWeights: string;
  @Text(50, { default: 'OldSchool' }) mode: string;
  @Int({ default: 100, description: 'Percent' }) eccentricLoad: number;
  @Int({ default: 1 }) echoLevel: number;
  @Real({ default: 0 }) progressionKg: number;
  @Int({ default: 60 }) restSeconds: number;
  @Int({ nullable: true, description: 'Seconds, for timed sets' }) duration: number | null;
  @Text(255, { default: '[]', description: 'JSON array of seconds, as text' }) setRestSeconds: string;
  @Int({ default: 0, description: '0 or 1' }) perSetRestTime: number;
  @Bool({ default: false }) isAMRAP: boolean;
  @Int({ default: 0 }) orderInSuperset: number;
}
