import { Entity } from 'typeorm';
import { Int, Millis } from '../common/fields.js';
import { SyncedHead } from '../sync/synced.entity.js';

/** One row per user, which every phone recomputes from its own rows; the server merges what they say. */
@Entity('gamification_stats')
export class GamificationStats extends SyncedHead {
  @Int({ default: 0, description: 'Count of sets' }) totalWorkouts: number;
  @Int({ default: 0 }) totalReps: number;
  @Int({ default: 0, description: 'Σ reps × kg × 2, truncated' }) totalVolumeKg: number;
  @Int({ default: 0, description: 'Days' }) longestStreak: number;
  @Int({ default: 0, description: 'Days' }) currentStreak: number;
  @Int({ default: 0 }) uniqueExercisesUsed: number;
  @Int({ default: 0 }) prsAchieved: number;
  @Millis({ nullable: true }) lastWorkoutDate: number | null;
  @Millis({ nullable: true }) streakStartDate: number | null;
}
