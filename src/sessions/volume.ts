/**
 * The figures of one set, as SQL over a row of workout_sessions: the only home of these rules.
 *
 * Weights are kg per cable everywhere and the machine has two cables, so what was moved is twice the weight (data
 * dictionary). `::text::float8` reads a float32 as the decimal the phone wrote: 23.47, not 23.469999313354492, which would
 * add up to visible errors over the years.
 */

/** Repetitions that count: those after the warm-up; phones that do not tell them apart say the total only. */
export const repsOf = (set: string) =>
  `(case when ${set}.working_reps > 0 then ${set}.working_reps else greatest(${set}.total_reps, 0) end)`;

export const weightPerCableKgOf = (set: string) => `${set}.weight_per_cable_kg::text::float8`;

/** Both cables. Measured by the machine where the phone says it, else weight × 2 × repetitions. */
export const volumeKgOf = (set: string) =>
  `coalesce(${set}.total_volume_kg::text::float8, ${weightPerCableKgOf(set)} * 2 * ${repsOf(set)})`;

/** Epley's estimate, as the app makes it: weight × (1 + reps / 30), and the weight itself for a single repetition. */
export const oneRepMaxPerCableKgOf = (set: string) =>
  `(case when ${repsOf(set)} = 1 then ${weightPerCableKgOf(set)}
     when ${repsOf(set)} > 1 then ${weightPerCableKgOf(set)} * (1 + ${repsOf(set)} / 30::float8) end)`;

/** Kilograms to the gram: sums of floats carry noise behind it. */
export const toGrams = (kilograms: string) => `round((${kilograms})::numeric, 3)::float8`;
