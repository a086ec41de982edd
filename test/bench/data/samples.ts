import { asFloat } from './float.js';
import { gaussFrom, randomFrom } from './random.js';

const CHANNELS = ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'power'] as const;

export type Sample = { timestamp: number; status: number } & Record<(typeof CHANNELS)[number], number | null>;

/** Hz. */
const RATE = 50;
/** How much of the newest reading goes into the smoothed velocity. */
const SMOOTHING = 0.3;
/** Notifications over the air come late now and then, and some are lost. */
const LATE = 0.02;
const LOST = 0.002;

/**
 * Samples of one set, made by the steps of the app's own pipeline: positions in tenths of a mm and loads in hundredths of
 * a kg as the machine's integers, velocity as a moving average in float32, power as the float32 product; 50 Hz with the
 * jitter of a radio. Every eighth seed is a set on one cable.
 */
export function makeSamples(seed: number, count: number, startedAt = 1_767_500_000_000): Sample[] {
  const random = randomFrom(seed);
  const gauss = gaussFrom(random);
  const isSingle = seed % 8 === 3;
  const path = new Path(random, gauss);
  const weight = 10 + Math.round(random() * 80) / 2;
  const load = (more: number) =>
    Math.max(0, Math.round((weight * path.effort + gauss() * 0.35 + more) * 100)) / 100;
  let timestamp = startedAt;
  return Array.from({ length: count }, () => {
    const late = random() < LATE ? random() * 40 : 0;
    const stepMs = Math.max(7, Math.round(1000 / RATE + gauss() * 3 + late));
    timestamp += stepMs;
    const [a, b] = path.advance(stepMs);
    const loads = [asFloat(load(0)), isSingle ? 0 : asFloat(load(0.2))];
    const isLost = random() < LOST;
    const both = (value: number) => (isSingle || isLost ? null : value);
    return {
      timestamp,
      position: isLost ? null : a.position,
      positionB: both(b.position),
      velocity: isLost ? null : a.velocity,
      velocityB: both(b.velocity),
      load: loads[0],
      loadB: isSingle ? null : loads[1],
      power: isLost ? null : asFloat(Math.fround(loads[0] + loads[1]) * a.velocity),
      status: random() < 0.01 ? 1 << Math.floor(random() * 6) : 0,
    };
  });
}

/** Both cables going up and down, repetition after repetition, some with a rest before. */
class Path {
  private readonly base: number;
  private readonly range: number;
  private readonly cables: Cable[];
  private phase = 0;
  private repSeconds: number;
  private restSeconds = 0;

  constructor(
    private readonly random: () => number,
    gauss: () => number,
  ) {
    this.range = 400 + random() * 900;
    this.base = random() * 150;
    this.repSeconds = 2 + random() * 2;
    this.cables = [0, 4].map((offset) => new Cable(gauss, this.base + offset));
  }

  /** The machine pulls harder in the middle of a repetition. */
  get effort(): number {
    return 1 + 0.06 * Math.sin(2 * Math.PI * this.phase);
  }

  advance(stepMs: number): { position: number; velocity: number }[] {
    this.phase += stepMs / 1000 / this.repSeconds;
    if (this.phase >= 1) {
      this.phase -= 1;
      this.repSeconds = 2 + this.random() * 2;
      this.restSeconds = this.random() < 0.3 ? this.random() * 0.4 : 0;
    }
    if (this.restSeconds > 0) {
      this.restSeconds -= stepMs / 1000;
      this.phase = 0;
    }
    const height = this.range * (0.5 - 0.5 * Math.cos(2 * Math.PI * this.phase));
    return this.cables.map((cable) => cable.move(height, stepMs));
  }
}

/** One encoder: its noise wanders, and its velocity is smoothed. */
class Cable {
  private noise = 0;
  private before: number;
  private smoothed: number | undefined;

  constructor(
    private readonly gauss: () => number,
    private readonly base: number,
  ) {
    this.before = Math.round(base * 10);
  }

  /** mm and mm/s. */
  move(height: number, stepMs: number): { position: number; velocity: number } {
    this.noise = 0.9 * this.noise + 0.1 * this.gauss();
    const tenths = Math.round((this.base + height + this.noise * 6) * 10);
    const raw = Math.round(((tenths - this.before) / stepMs) * 1000 + this.gauss() * 8) / 10;
    this.before = tenths;
    this.smoothed = this.smoothed === undefined ? raw : SMOOTHING * raw + (1 - SMOOTHING) * this.smoothed;
    return { position: asFloat(tenths / 10), velocity: asFloat(this.smoothed) };
  }
}
