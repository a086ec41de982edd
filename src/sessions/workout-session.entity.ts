import { Entity, Index } from 'typeorm';
import { Bool, Int, Millis, Real, Text } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** One set. Weights and forces are kg per cable (a portal doubles them), `duration` is milliseconds. */
@Entity('workout_sessions')
@Index(['userId', 'timestamp', 'serverId'])
export class WorkoutSession extends SyncedEntity {
  @Millis({ description: 'Start of the set.' }) timestamp: number;
  @Text(50, { description: 'Display text such as `Old School`; grows with the app.' }) mode: string;
  @Int() targetReps: number;
  @Real({ description: 'kg per cable' }) weightPerCableKg: number;
  @Real({ default: 0, description: 'Change per rep, kg' }) progressionKg: number;
  @Int({ default: 0, description: 'Milliseconds' }) duration: number;
  @Int({ default: 0 }) totalReps: number;
  @Int({ default: 0 }) warmupReps: number;
  @Int({ default: 0 }) workingReps: number;
  @Bool({ default: false }) isJustLift: boolean;
  @Bool({ default: false }) stopAtTop: boolean;
  @Int({ default: 100, description: 'Percent' }) eccentricLoad: number;
  @Int({ default: 1, description: '0 Hard, 1 Harder, 2 Hardest, 3 Epic' }) echoLevel: number;
  @Text(255, { nullable: true }) exerciseId: string | null;
  @Text(255, { nullable: true }) exerciseName: string | null;
  @Text(255, { nullable: true, description: 'Groups the sets of one workout.' }) routineSessionId:
    string | null;
  @Text(255, { nullable: true }) routineName: string | null;
  @Int({ default: 0, description: 'OR of the machine’s status bits' }) safetyFlags: number;
  @Int({ default: 0 }) deloadWarningCount: number;
  @Int({ default: 0 }) romViolationCount: number;
  @Int({ default: 0 }) spotterActivations: number;
  @Real({ nullable: true, description: 'kg' }) peakForceConcentricA: number | null;
  @Real({ nullable: true, description: 'kg' }) peakForceConcentricB: number | null;
  @Real({ nullable: true, description: 'kg' }) peakForceEccentricA: number | null;
  @Real({ nullable: true, description: 'kg' }) peakForceEccentricB: number | null;
  @Real({ nullable: true, description: 'kg' }) avgForceConcentricA: number | null;
  @Real({ nullable: true, description: 'kg' }) avgForceConcentricB: number | null;
  @Real({ nullable: true, description: 'kg' }) avgForceEccentricA: number | null;
  @Real({ nullable: true, description: 'kg' }) avgForceEccentricB: number | null;
  @Real({ nullable: true, description: 'Best cable peak, kg' }) heaviestLiftKg: number | null;
  @Real({ nullable: true, description: 'Both cables, kg' }) totalVolumeKg: number | null;
  @Real({ nullable: true, description: 'kcal' }) estimatedCalories: number | null;
  @Real({ nullable: true, description: 'Echo only, kg' }) warmupAvgWeightKg: number | null;
  @Real({ nullable: true, description: 'Echo only, kg' }) workingAvgWeightKg: number | null;
  @Real({ nullable: true, description: 'Echo only, kg' }) burnoutAvgWeightKg: number | null;
  @Real({ nullable: true, description: 'Echo only, kg' }) peakWeightKg: number | null;
  @Int({ nullable: true, description: '6–10, null if not logged' }) rpe: number | null;
}
