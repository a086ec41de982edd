import type { NamedValues } from '../sync/collection.js';

const GREATEST = [
  'totalWorkouts',
  'totalReps',
  'totalVolumeKg',
  'longestStreak',
  'uniqueExercisesUsed',
  'prsAchieved',
  'updatedAt',
] as const;
const OF_THE_LATER_WORKOUT = ['currentStreak', 'lastWorkoutDate', 'streakStartDate'] as const;

const instant = (value: NamedValues[string] | undefined) => (typeof value === 'number' ? value : -Infinity);

/**
 * Two phones count their own rows, each only what it has. Counters and the longest streak: the greater; the current
 * streak and its dates: of the state with the later workout, of the later edit where both know the same one.
 */
export function mergeStats(held: NamedValues, sent: NamedValues): NamedValues {
  const merged: NamedValues = { ...held };
  for (const name of GREATEST) merged[name] = Math.max(held[name] as number, sent[name] as number);
  const heldWorkout = instant(held['lastWorkoutDate']);
  const sentWorkout = instant(sent['lastWorkoutDate']);
  const sentIsLater =
    sentWorkout === heldWorkout
      ? (sent['updatedAt'] as number) > (held['updatedAt'] as number)
      : sentWorkout > heldWorkout;
  const later = sentIsLater ? sent : held;
  for (const name of OF_THE_LATER_WORKOUT) merged[name] = later[name] ?? null;
  return merged;
}
