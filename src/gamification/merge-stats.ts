import type { NamedValues } from '../sync/collection-definition.js';

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
 * streak and its dates: of the state with the later workout (a phone that names none knows none), of the later edit
 * where both know the same one. What was not sent stays.
 */
export function mergeStats(held: NamedValues, sent: Partial<NamedValues>): NamedValues {
  const merged: NamedValues = { ...held };
  for (const name of GREATEST) merged[name] = Math.max(instant(held[name]), instant(sent[name]));
  const heldWorkout = instant(held['lastWorkoutDate']);
  const sentWorkout = instant(sent['lastWorkoutDate']);
  const sentIsLater =
    sentWorkout === heldWorkout
      ? instant(sent['updatedAt']) > instant(held['updatedAt'])
      : sentWorkout > heldWorkout;
  if (sentIsLater) for (const name of OF_THE_LATER_WORKOUT) merged[name] = sent[name] ?? held[name] ?? null;
  return merged;
}
