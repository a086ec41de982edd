import * as fc from 'fast-check';
import { NAMES } from './model/collections.js';

/** Records for model-check: as small as the protocol lets them be, and made to collide. */

export type Checked = (typeof NAMES)[number];

export const PARENT_OF: Partial<Record<Checked, Record<string, Checked>>> = {
  phaseStats: { sessionId: 'sessions' },
  supersets: { routineId: 'routines' },
  routineExercises: { routineId: 'routines', supersetId: 'supersets' },
};

/** How one record of a push is made; what the numbers choose from is known only when it is sent. */
export interface RecordSpec {
  collection: Checked;
  /** A pool of ids, or a record the phone knows, by one of its names. */
  named: 'new' | 'known by client id' | 'known by server id' | 'known by both';
  id: number;
  parent: number;
  value: number;
  /** Minutes after the beginning of time; 99: beyond the server's clock. */
  at: number;
  form: 'whole' | 'sparse' | 'deleted' | 'bad' | 'without a required key' | 'with unknown keys';
}

const spec: fc.Arbitrary<RecordSpec> = fc.record({
  collection: fc.constantFrom(...NAMES),
  named: fc.oneof(
    { weight: 3, arbitrary: fc.constant('new' as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'known by client id' as const,
        'known by server id' as const,
        'known by both' as const,
      ),
    },
  ),
  id: fc.nat(5),
  parent: fc.nat(6),
  value: fc.nat(3),
  at: fc.oneof({ weight: 6, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constant(99) }),
  form: fc.oneof(
    { weight: 5, arbitrary: fc.constant('whole' as const) },
    { weight: 3, arbitrary: fc.constant('sparse' as const) },
    { weight: 3, arbitrary: fc.constant('deleted' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'bad' as const,
        'without a required key' as const,
        'with unknown keys' as const,
      ),
    },
  ),
});

export const recordSpecs = fc.array(spec, { minLength: 0, maxLength: 4 });

/** The same few ids everywhere: two of them are row numbers, two differ by letter case only. */
export const idFromPool = (n: number) =>
  ['1', '2', 'Shared', 'sHARED', 'other', '11111111-aAaA-4aaa-8aaa-111111111111'][n % 6];

export const BEGINNING = 1_765_000_000_000;
const MINUTE = 60_000;
const BEYOND = 99;
const FAR = 4_000_000_000_000;

export const timeOf = (at: number) => (at === BEYOND ? FAR : BEGINNING + at * MINUTE);

const MEASURES = ['Kg', 'Vel', 'Watt'].flatMap((unit) =>
  ['Avg', 'Max'].flatMap((kind) => [`concentric${unit}${kind}`, `eccentric${unit}${kind}`]),
);

/** Keys a record cannot be made without, then keys that may be left out. */
export function contentOf(collection: Checked, n: number): { required: object; optional: object } {
  const text = `v${n}`;
  switch (collection) {
    case 'badges':
      return {
        required: { badgeId: `badge_${n % 2}`, earnedAt: BEGINNING },
        optional: { celebratedAt: n > 1 ? BEGINNING + n : null },
      };
    case 'exercises':
      return {
        required: { name: text, muscleGroup: 'BACK', equipment: 'BAR', defaultCableConfig: 'DOUBLE' },
        optional: { muscleGroups: n === 1 ? null : `group ${n}`, grip: n === 2 ? null : text },
      };
    case 'gamificationStats':
      return {
        required: {},
        optional: {
          totalWorkouts: n * 3,
          longestStreak: 7 - n,
          currentStreak: n,
          lastWorkoutDate: n === 3 ? null : BEGINNING + (n % 2),
        },
      };
    case 'sessions':
      return {
        required: { timestamp: BEGINNING, mode: text, targetReps: n, weightPerCableKg: 20.1 + n },
        optional: { rpe: n === 1 ? null : n, totalReps: n, isJustLift: n === 2, exerciseName: text },
      };
    case 'phaseStats':
      return {
        required: { ...Object.fromEntries(MEASURES.map((name) => [name, n + 0.1])), timestamp: BEGINNING },
        optional: {},
      };
    case 'records':
      return {
        required: {
          exerciseId: `e${n % 2}`,
          exerciseName: '',
          weight: 20.1,
          reps: 5 + (n > 2 ? 1 : 0),
          oneRepMax: n,
          achievedAt: BEGINNING,
          workoutMode: 'Pump',
        },
        optional: { sessionId: text, volume: n },
      };
    case 'routines':
      return { required: { name: text }, optional: { description: `d${n}`, useCount: n } };
    case 'supersets':
      return { required: { name: text, orderIndex: n }, optional: { colorIndex: n } };
    default:
      return {
        required: { exerciseName: text, orderIndex: n },
        optional: { weightPerCableKg: n / 3, isAMRAP: n === 1, duration: n === 2 ? null : n },
      };
  }
}
