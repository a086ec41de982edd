import * as fc from 'fast-check';
import { downsample } from './downsample.js';
import { allocate, VALUE_COLUMNS } from './sample-columns.js';

/** Times apart by anything from 1 ms, values with peaks and holes. */
const anySeries = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.float({ noDefaultInfinity: true }), fc.boolean()), {
    minLength: 1,
    maxLength: 400,
    size: 'max',
  })
  .map((steps) => {
    const samples = allocate(steps.length);
    let time = -1_000;
    steps.forEach(([step, value, isNull], i) => {
      samples.timestamp[i] = time += step;
      samples.values.velocity[i] = value;
      samples.values.load[i] = isNull ? NaN : i % 5;
      samples.status[i] = i;
    });
    return samples;
  });

describe('downsampling', () => {
  it('gives at most the points asked for, in order, with the first and the last', () => {
    fc.assert(
      fc.property(anySeries, fc.integer({ min: 2, max: 450 }), (samples, points) => {
        const chosen = downsample(samples, points);
        expect(chosen.count).toBeLessThanOrEqual(points);
        expect(chosen.count).toBeGreaterThanOrEqual(
          Math.min(points, samples.count) - 2 * VALUE_COLUMNS.length,
        );
        expect([chosen.status[0], chosen.status[chosen.count - 1]]).toEqual([0, samples.count - 1]);
        const indexes = [...chosen.status];
        expect(indexes).toEqual([...new Set(indexes)].toSorted((left, right) => left - right));
        expect([...chosen.timestamp]).toEqual(indexes.map((index) => samples.timestamp[index]));
      }),
    );
  });

  it('keeps a single peak of any column, however short', () => {
    for (const name of VALUE_COLUMNS) {
      const samples = allocate(10_000);
      for (let i = 0; i < samples.count; i++) {
        samples.timestamp[i] = i * 20;
        for (const other of VALUE_COLUMNS) samples.values[other][i] = Math.sin(i / 50);
      }
      samples.values[name][4_321] = 7;
      samples.values[name][8_765] = -7;
      const chosen = [...downsample(samples, 100).values[name]];
      expect([Math.max(...chosen), Math.min(...chosen)]).toEqual([7, -7]);
    }
  });

  it('follows a curve: between the points it is nearly straight', () => {
    const samples = allocate(20_000);
    for (let i = 0; i < samples.count; i++) {
      samples.timestamp[i] = i * 20;
      samples.values.position[i] = 300 * Math.sin(i / 200);
    }
    const chosen = downsample(samples, 500);
    let worst = 0;
    for (let i = 0, k = 0; i < samples.count; i++) {
      while (chosen.timestamp[k + 1] < samples.timestamp[i]) k++;
      const [t0, t1] = [chosen.timestamp[k], chosen.timestamp[k + 1]];
      const [v0, v1] = [chosen.values.position[k], chosen.values.position[k + 1]];
      const drawn = v0 + ((v1 - v0) * (samples.timestamp[i] - t0)) / (t1 - t0);
      worst = Math.max(worst, Math.abs(drawn - samples.values.position[i]));
    }
    expect(worst).toBeLessThan(6);
  });
});
