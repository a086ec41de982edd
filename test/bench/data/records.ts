import { asFloat } from './float.js';
import { randomFrom } from './random.js';

export type WireRecord = Record<string, string | number | boolean | null> & { clientId: string };

/** What a set is named by and when it was; bodies made once hold slots here (template.ts). */
export interface Naming {
  clientId: string;
  /** Epoch ms. */
  at: number;
}

const EXERCISES = [
  'Bench Press',
  'Bent Over Row',
  'Squat',
  'Romanian Deadlift',
  'Shoulder Press',
  'Bicep Curl',
  'Lat Pulldown',
  'Face Pull',
];
const MODES = ['Old School', 'Pump', 'TUT', 'TUT Beast', 'Eccentric Only', 'Echo'];

/** Seeded records with the fields, ranges and nulls of the app's own; floats are printed as the app prints a float32. */
export class Training {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** A set with all 42 keys. */
  session({ clientId, at }: Naming): WireRecord {
    const weight = Math.round(this.random() * 200) / 2;
    const reps = this.int(6, 15);
    const isEcho = this.random() < 0.15;
    const started = { timestamp: at, deletedAt: null, createdAt: at, updatedAt: at };
    return {
      clientId,
      serverId: null,
      mode: isEcho ? 'Echo' : this.oneOf(MODES),
      targetReps: reps,
      weightPerCableKg: weight,
      progressionKg: 0,
      duration: this.int(20_000, 90_000),
      totalReps: reps + 3,
      warmupReps: 3,
      workingReps: reps,
      isJustLift: this.random() < 0.2,
      stopAtTop: false,
      eccentricLoad: 100,
      echoLevel: 1,
      ...this.exercise(),
      routineSessionId: `0b23c5f9-762c-4f36-8a56-${String(this.int(0, 999_999)).padStart(12, '0')}`,
      routineName: `Push Pull Legs ${this.int(1, 4)}`,
      safetyFlags: 0,
      deloadWarningCount: 0,
      romViolationCount: this.int(0, 1),
      spotterActivations: 0,
      ...this.forces(weight, reps),
      warmupAvgWeightKg: isEcho ? this.real(weight * 0.4, weight * 0.6 + 1) : null,
      workingAvgWeightKg: isEcho ? weight : null,
      burnoutAvgWeightKg: isEcho ? this.real(weight * 0.4, weight) : null,
      peakWeightKg: isEcho ? this.real(weight, weight * 1.1 + 1) : null,
      rpe: this.random() < 0.5 ? this.int(6, 10) : null,
      ...started,
    };
  }

  /** The same set as the first generation of phones writes it: 13 keys. */
  plainSession(naming: Naming): WireRecord {
    const { clientId, serverId, timestamp, mode, targetReps, weightPerCableKg, duration, ...rest } =
      this.session(naming);
    const { totalReps, exerciseId, exerciseName, deletedAt, createdAt, updatedAt } = rest;
    const set = { timestamp, mode, targetReps, weightPerCableKg, duration, totalReps };
    return { clientId, serverId, ...set, exerciseId, exerciseName, deletedAt, createdAt, updatedAt };
  }

  personalRecord({ clientId, at }: Naming, sessionId: string): WireRecord {
    const weight = Math.round(this.random() * 200) / 2;
    const reps = this.int(1, 12);
    return {
      clientId,
      serverId: null,
      ...this.exercise(),
      weight,
      reps,
      oneRepMax: asFloat(weight * (1 + reps / 30)),
      achievedAt: at,
      workoutMode: this.oneOf(MODES),
      prType: 'MAX_WEIGHT',
      volume: weight * reps,
      sessionId,
      deletedAt: null,
      createdAt: at,
      updatedAt: at,
    };
  }

  phaseStatistic({ clientId, at }: Naming, sessionId: string): WireRecord {
    const phase = (name: string, sign: number) => ({
      [`${name}KgAvg`]: this.real(10, 80),
      [`${name}KgMax`]: this.real(80, 110),
      [`${name}VelAvg`]: sign * this.real(150, 300),
      [`${name}VelMax`]: sign * this.real(300, 600),
      [`${name}WattAvg`]: sign * this.real(100, 300),
      [`${name}WattMax`]: sign * this.real(300, 700),
    });
    const figures = { ...phase('concentric', 1), ...phase('eccentric', -1) };
    return {
      clientId,
      serverId: null,
      sessionId,
      ...figures,
      timestamp: at,
      deletedAt: null,
      createdAt: at,
      updatedAt: at,
    };
  }

  private forces(weight: number, reps: number) {
    const cables = (name: string, from: number, to: number) => ({
      [`${name}A`]: this.real(weight * from, weight * to + 1),
      [`${name}B`]: this.real(weight * from, weight * to + 1),
    });
    return {
      ...cables('peakForceConcentric', 1, 1.2),
      ...cables('peakForceEccentric', 1, 1.3),
      ...cables('avgForceConcentric', 0.9, 1),
      ...cables('avgForceEccentric', 0.9, 1),
      heaviestLiftKg: weight,
      totalVolumeKg: weight * 2 * reps,
      estimatedCalories: this.real(2, 30),
    };
  }

  private exercise() {
    const name = this.oneOf(EXERCISES);
    return { exerciseId: name.toLowerCase().replaceAll(' ', '-'), exerciseName: name };
  }

  private oneOf(names: readonly string[]): string {
    return names[this.int(0, names.length - 1)];
  }

  private int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  private real(from: number, to: number): number {
    return asFloat(from + this.random() * (to - from));
  }
}
