import { spawnSync } from 'node:child_process';
import type { Sample } from './samples.js';

const CHANNELS = ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'power'] as const;
const MAX_SCALE = 3;
/** Stands for a missing value among whole numbers. */
const NOTHING = -2_147_483_648;
const MAX_XZ_BYTES = 64 * 1024 * 1024;

/** Small numbers of either sign as small numbers without one. */
const unsigned = (value: number) => (value << 1) ^ (value >> 31);

function differences(values: Int32Array): Int32Array {
  let before = 0;
  return values.map((value) => {
    const difference = unsigned((value - before) | 0);
    before = value;
    return difference;
  });
}

/** All first bytes, then all second bytes …: what is alike comes together. */
function byPlanes(values: Int32Array | Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const planes = Buffer.alloc(bytes.length);
  const count = values.length;
  for (let i = 0; i < bytes.length; i++) planes[(i % 4) * count + (i >> 2)] = bytes[i];
  return planes;
}

/** The values as whole numbers of a power of ten, if all are. */
function wholeNumbers(values: Float32Array): Int32Array | null {
  for (let scale = 0; scale <= MAX_SCALE; scale++) {
    const factor = 10 ** scale;
    const isExact = (value: number) =>
      Math.fround(Math.round(value * factor) / factor) === value && !Object.is(value, -0);
    if (values.every((value) => Number.isNaN(value) || isExact(value)))
      return Int32Array.from(values, (value) => (Number.isNaN(value) ? NOTHING : Math.round(value * factor)));
  }
  return null;
}

/** A series as columns of differences of decimals, in the form that compresses best. Lossless for float32. */
export function decimalDeltaColumns(samples: readonly Sample[]): Buffer {
  const steps = Int32Array.from(samples, ({ timestamp }, i) =>
    i === 0 ? 0 : timestamp - samples[i - 1].timestamp,
  );
  const channels = CHANNELS.map((name) => {
    const values = Float32Array.from(samples, (sample) => sample[name] ?? NaN);
    const whole = wholeNumbers(values);
    return byPlanes(whole === null ? values : differences(whole));
  });
  const status = byPlanes(Int32Array.from(samples, (sample) => sample.status));
  return Buffer.concat([byPlanes(differences(steps)), ...channels, status]);
}

/** Bytes that `xz -9e` makes of it, without the headers of a file; null where xz is not installed. */
export function sizeByXz(input: Buffer): number | null {
  const args = ['-9e', '-c', '--format=raw', '--lzma2=preset=9e'];
  const { status, stdout, error } = spawnSync('xz', args, { input, maxBuffer: MAX_XZ_BYTES });
  return error === undefined && status === 0 ? stdout.length : null;
}
