import type { Edit, LocalRecords } from '../sync/local-records.js';
import type { WireRecord } from '../sync/record.js';
import { totalsOf } from './totals.js';

export interface SetModel {
  exercise: string;
  /** Per cable. */
  weightKg: number;
  reps: number;
  mode: string;
}

const MINUTE_MS = 60_000;
const REP_MS = 3200;

/** The library's exercises have ids of their own; here the name has to do. */
const exerciseIdOf = (name: string) => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');

const oneRepMax = (weightKg: number, reps: number) => weightKg * (1 + reps / 30);

/** Sets that are stored at one go. */
const CHUNK = 100;

/**
 * Records sets as the app does after each: the set, its phase statistics, a personal record if it is one, new totals.
 * @param times so many of them, the last one now
 * @returns the last one
 */
export async function addSets(
  records: LocalRecords,
  model: SetModel,
  times: number,
  onDone: (done: number) => void,
): Promise<{ session: WireRecord; isRecord: boolean }> {
  const now = Date.now();
  let sessions: WireRecord[] = [];
  for (let done = 0; done < times; done += sessions.length) {
    const timestamps = Array.from(
      { length: Math.min(CHUNK, times - done) },
      (_, i) => times - done - 1 - i,
    ).map((earlier) => now - earlier * MINUTE_MS);
    sessions = await records.saveAll(
      'sessions',
      timestamps.map((timestamp) => sessionOf(model, timestamp)),
    );
    await records.saveAll(
      'phaseStats',
      sessions.map((session) => phaseStatsOf(session, model.weightKg)),
    );
    onDone(done + sessions.length);
  }
  const session = sessions.at(-1) as WireRecord;
  const isRecord = await addPersonalRecord(records, model, session);
  await records.save(
    'gamificationStats',
    totalsOf(await records.list('sessions'), await records.list('records')),
  );
  return { session, isRecord };
}

function sessionOf({ exercise, weightKg, reps, mode }: SetModel, timestamp: number): Edit {
  const force = (share: number) => weightKg * share;
  return {
    timestamp,
    createdAt: timestamp,
    mode,
    targetReps: reps,
    totalReps: reps,
    workingReps: reps,
    weightPerCableKg: weightKg,
    duration: reps * REP_MS,
    exerciseId: exerciseIdOf(exercise),
    exerciseName: exercise,
    peakForceConcentricA: force(1.02),
    peakForceConcentricB: force(1.01),
    peakForceEccentricA: force(1.08),
    peakForceEccentricB: force(1.09),
    avgForceConcentricA: force(0.84),
    avgForceConcentricB: force(0.86),
    avgForceEccentricA: force(0.89),
    avgForceEccentricB: force(0.91),
    heaviestLiftKg: force(1.02),
    totalVolumeKg: 2 * weightKg * reps,
    estimatedCalories: Math.round(weightKg * reps * 0.004),
  };
}

/** Watts of a weight that moves with so many mm/s. */
const watts = (weightKg: number, mmPerS: number) => (weightKg * 9.80665 * mmPerS) / 1000;

const phaseStatsOf = ({ clientId, timestamp }: WireRecord, weightKg: number): Edit => ({
  sessionId: clientId,
  timestamp,
  createdAt: Number(timestamp),
  concentricKgAvg: weightKg * 0.86,
  concentricKgMax: weightKg * 1.02,
  concentricVelAvg: 271,
  concentricVelMax: 460,
  concentricWattAvg: watts(weightKg * 0.86, 271),
  concentricWattMax: watts(weightKg * 1.02, 460),
  eccentricKgAvg: weightKg * 0.9,
  eccentricKgMax: weightKg * 1.09,
  eccentricVelAvg: -190,
  eccentricVelMax: -325,
  eccentricWattAvg: watts(weightKg * 0.9, -190),
  eccentricWattMax: watts(weightKg * 1.09, -325),
});

async function addPersonalRecord(
  records: LocalRecords,
  { exercise, weightKg, reps, mode }: SetModel,
  session: WireRecord,
): Promise<boolean> {
  const exerciseId = exerciseIdOf(exercise);
  const before = (await records.list('records')).filter((record) => record.exerciseId === exerciseId);
  if (reps === 0 || before.some(({ weight }) => Number(weight) >= weightKg)) return false;
  const oneRep = oneRepMax(weightKg, reps);
  await records.save('records', {
    exerciseId,
    exerciseName: exercise,
    weight: weightKg,
    reps,
    oneRepMax: oneRep,
    achievedAt: Number(session.timestamp),
    workoutMode: mode,
    volume: 2 * weightKg * reps,
    sessionId: session.clientId,
  });
  return true;
}

/** @param isSuperset whether its exercises are done one after the other without a rest */
export async function addRoutine(
  records: LocalRecords,
  name: string,
  exercises: readonly string[],
  isSuperset: boolean,
): Promise<WireRecord> {
  const routine = await records.save('routines', { name });
  const routineId = routine.clientId;
  const superset = isSuperset
    ? await records.save('supersets', { routineId, name: 'Superset A', orderIndex: 0 })
    : undefined;
  for (const [orderIndex, exerciseName] of exercises.entries()) {
    const place = { supersetId: superset?.clientId ?? null, orderInSuperset: superset ? orderIndex : 0 };
    const exerciseId = exerciseIdOf(exerciseName);
    await records.save('routineExercises', { routineId, orderIndex, exerciseId, exerciseName, ...place });
  }
  return routine;
}
