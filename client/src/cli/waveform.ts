import type { MetricSample } from '../sync/sample-columns.js';

const STEP_MS = 20;
const RANGE_MM = 620;
const REP_MS = 3200;
/** The machine holds the cables with so much even without a weight. */
const BASE_TENSION_KG = 4;

export interface WaveformModel {
  /** The same seed gives the same curve. */
  seed: string;
  startedAt: number;
  seconds: number;
  /** Per cable. */
  weightKg: number;
}

/** Sensor samples of a set as a machine would send them: repetition after repetition, each a little slower. */
export function waveform({ seed, startedAt, seconds, weightKg }: WaveformModel): MetricSample[] {
  const random = randomFrom(seed);
  const noise = (size: number) => (random() - 0.5) * 2 * size;
  let phase = 0;
  return Array.from({ length: (seconds * 1000) / STEP_MS }, (_, index) => {
    const tired = 1 + index / 6000;
    const step = (2 * Math.PI * STEP_MS) / (REP_MS * tired);
    phase += step * (1 + noise(0.1));
    const height = (1 - Math.cos(phase)) / 2;
    const speed = ((Math.sin(phase) / 2) * step * 1000) / STEP_MS;
    const cable = (lag: number) => ({
      position: rounded(RANGE_MM * height * lag + noise(1), 1),
      velocity: rounded(RANGE_MM * speed * lag + noise(8), 2),
      load: rounded(BASE_TENSION_KG + weightKg * (0.85 + 0.15 * height) + noise(0.3), 2),
    });
    const [a, b] = [cable(1), cable(0.98)];
    const power = rounded(a.load * a.velocity + b.load * b.velocity, 1);
    const cables = { ...a, positionB: b.position, velocityB: b.velocity, loadB: b.load };
    return { timestamp: startedAt + index * STEP_MS, ...cables, power, status: 0 };
  });
}

/** Few enough digits for a 32-bit float to keep them all. */
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** mulberry32, seeded with a hash of the text. */
function randomFrom(seed: string): () => number {
  let state = 2166136261;
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
