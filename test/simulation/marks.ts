import type { SimCollection } from './commands.js';

/**
 * What tells two states of one record apart: every edit of the simulation writes a number never used before into one
 * field. The singleton is merged field by field, so all of them are its mark.
 */

const BASE = 1_765_000_000_000;

const MARKED: Record<Exclude<SimCollection, 'gamificationStats'>, string> = {
  routines: 'name',
  supersets: 'name',
  routineExercises: 'exerciseName',
  sessions: 'exerciseName',
  phaseStats: 'concentricKgAvg',
  records: 'exerciseName',
  badges: 'celebratedAt',
};

const STATS = ['totalWorkouts', 'totalReps', 'longestStreak', 'currentStreak', 'lastWorkoutDate'];

export const isSimulated = (collection: string): collection is SimCollection =>
  collection in MARKED || collection === 'gamificationStats';

export function markOf(collection: SimCollection, record: Record<string, unknown>): string {
  if (collection === 'gamificationStats') return STATS.map((name) => JSON.stringify(record[name])).join('/');
  return JSON.stringify(record[MARKED[collection]]);
}

const MEASURES = ['Kg', 'Vel', 'Watt'].flatMap((unit) =>
  ['Avg', 'Max'].flatMap((kind) => [`concentric${unit}${kind}`, `eccentric${unit}${kind}`]),
);

/** Fields that a new record needs, beside its parents. */
export function fieldsOfNew(collection: SimCollection, n: number): Record<string, unknown> {
  switch (collection) {
    case 'supersets':
    case 'routineExercises':
      return { orderIndex: n };
    case 'sessions':
      return { timestamp: BASE, mode: 'Pump', targetReps: 10, weightPerCableKg: 20.1 };
    case 'phaseStats':
      return { ...Object.fromEntries(MEASURES.map((name) => [name, 1.1])), timestamp: BASE };
    case 'records':
      return {
        exerciseId: `e${n % 2}`,
        weight: 20,
        reps: 5 + (n % 2),
        oneRepMax: 25,
        achievedAt: BASE,
        workoutMode: 'Pump',
      };
    case 'badges':
      return { badgeId: `badge_${n % 3}`, earnedAt: BASE };
    default:
      return {};
  }
}

/** What the n-th edit writes. */
export function fieldsOfEdit(
  collection: SimCollection,
  n: number,
  isSpoiled: boolean,
): Record<string, unknown> {
  if (collection === 'gamificationStats')
    return {
      totalWorkouts: isSpoiled ? 0.5 : n,
      totalReps: (n * 7) % 11,
      longestStreak: (n * 3) % 5,
      currentStreak: n % 3,
      lastWorkoutDate: n % 4 === 3 ? null : BASE + ((n * 5) % 7),
    };
  const field = MARKED[collection];
  if (collection === 'phaseStats') return { [field]: isSpoiled ? 'heavy' : n };
  if (collection === 'badges') return { [field]: isSpoiled ? 'yesterday' : n };
  return { [field]: isSpoiled ? n : `edit ${n}` };
}

export const PARENTS: Partial<Record<SimCollection, Record<string, SimCollection>>> = {
  phaseStats: { sessionId: 'sessions' },
  supersets: { routineId: 'routines' },
  routineExercises: { routineId: 'routines', supersetId: 'supersets' },
};
