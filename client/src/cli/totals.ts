import type { WireRecord } from '../sync/record.js';

const DAY_MS = 24 * 60 * 60_000;

/** What the app computes anew after each set, from all the sets on this phone. */
export function totalsOf(sessions: readonly WireRecord[], records: readonly WireRecord[]) {
  const sum = (value: (session: WireRecord) => number) =>
    sessions.reduce((total, session) => total + (value(session) || 0), 0);
  return {
    totalWorkouts: sessions.length,
    totalReps: sum(({ totalReps }) => Number(totalReps)),
    totalVolumeKg: Math.trunc(
      sum(({ totalReps, weightPerCableKg }) => 2 * Number(totalReps) * Number(weightPerCableKg)),
    ),
    uniqueExercisesUsed: new Set(sessions.map(({ exerciseId }) => exerciseId)).size,
    prsAchieved: records.length,
    ...streaksOf(sessions.map(({ timestamp }) => Math.floor(Number(timestamp) / DAY_MS))),
  };
}

/** Runs of days with training, from day numbers in any order. */
function streaksOf(numbers: readonly number[]) {
  const days = [...new Set(numbers.filter(Number.isFinite))].sort((a, b) => a - b);
  let [first, longest] = [days[0] ?? 0, 0];
  let last: number | undefined;
  for (const day of days) {
    if (last !== undefined && day > last + 1) first = day;
    longest = Math.max(longest, day - first + 1);
    last = day;
  }
  if (last === undefined) return {};
  return {
    currentStreak: last - first + 1,
    longestStreak: longest,
    lastWorkoutDate: last * DAY_MS,
    streakStartDate: first * DAY_MS,
  };
}
