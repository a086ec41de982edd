import { AppError } from '../common/app-error.js';
import { MAX_SERIES_SAMPLES } from './limits.js';
import { pack } from './parquet.js';
import { readForeign } from './parquet-foreign.js';
import { allocate, type SampleColumns } from './sample-columns.js';

/** Every kind of column that files have: dictionaries, deltas, split bytes, nulls. */
function varied(count: number): SampleColumns {
  const samples = allocate(count);
  for (let i = 0; i < count; i++) {
    samples.timestamp[i] = 1_767_500_000_000 + i * 20 + (i % 3);
    samples.values.position[i] = Math.round(4000 + 3000 * Math.sin(i / 40)) / 10;
    samples.values.positionB[i] = i % 5 === 0 ? NaN : i / 7;
    samples.values.velocity[i] = 350 * Math.cos(i / 40);
    samples.values.velocityB[i] = NaN;
    samples.values.load[i] = i % 4;
    samples.values.loadB[i] = 20;
    samples.values.power[i] = i % 2 === 0 ? NaN : Math.sqrt(i);
    samples.status[i] = i % 7;
  }
  return samples;
}

const outcomeOf = (bytes: Buffer): number | string => {
  try {
    return readForeign(bytes).count;
  } catch (error) {
    return (error as AppError).code;
  }
};

describe('a Parquet file that comes from outside', () => {
  it('comes to an end whichever byte of it is another, and is refused or gives samples', async () => {
    const bytes = await pack(varied(200));
    let refused = 0;
    for (let n = 0; n < bytes.length; n++)
      for (const mask of [0x55, 0xff]) {
        const other = Buffer.from(bytes);
        other[n] ^= mask;
        const outcome = outcomeOf(other);
        if (typeof outcome === 'string') {
          expect(outcome).toBe('metrics.invalid_samples');
          refused++;
        } else expect(outcome).toBeLessThanOrEqual(MAX_SERIES_SAMPLES);
      }
    expect(refused).toBeGreaterThan(bytes.length / 2);
  });

  it('comes to an end wherever it is cut', async () => {
    const bytes = await pack(varied(200));
    for (let n = 0; n < bytes.length; n += 3)
      expect(outcomeOf(bytes.subarray(0, n))).toBe('metrics.invalid_samples');
  });

  it('is refused with a value that no upload may have', async () => {
    const infinite = varied(3);
    infinite.values.load[1] = -Infinity;
    expect(outcomeOf(await pack(infinite))).toBe('metrics.invalid_samples');
    const late = varied(3);
    late.timestamp[2] = 2 ** 60;
    expect(outcomeOf(await pack(late))).toBe('metrics.invalid_samples');
  });

  it('gives each time once, in order, as an upload does', async () => {
    const unordered = varied(3);
    unordered.timestamp.set([5, 3, 5]);
    expect(Array.from(readForeign(await pack(unordered)).timestamp)).toEqual([3, 5]);
  });
});
