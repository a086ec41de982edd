import { median, quantile, slope, spread } from './measure/statistics.js';
import { type MemoryPoint, trendOf } from './soak/memory.js';

const points = (mibAt: (seconds: number) => number): MemoryPoint[] =>
  Array.from({ length: 600 }, (_, i) => ({ seconds: i / 2, mib: mibAt(i / 2) }));

describe('statistics of a measurement', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('gives a quantile that was measured, never one beyond the largest', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.99, 1].map((q) => quantile(values, q))).toEqual([1, 50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('tells how far the farthest round is from the median', () => {
    expect(spread([90, 100, 130])).toBeCloseTo(0.3);
    expect(spread([5])).toBe(0);
    expect(spread([0, 0, 1])).toBe(0);
  });

  it('finds the slope of a line through noise', () => {
    expect(slope([0, 1, 2, 3].map((x) => [x, 2 * x + (x % 2)]))).toBeCloseTo(2.2);
    expect(slope([[1, 5]])).toBe(0);
  });
});

describe('the trend of memory', () => {
  it('does not take the garbage between collections for a leak', () => {
    const { isFlat, rise } = trendOf(points((seconds) => 200 + (seconds % 3) * 20));
    expect(isFlat).toBe(true);
    expect(Math.abs(rise)).toBeLessThan(0.05);
  });

  it('forgives the warm-up', () => {
    expect(trendOf(points((seconds) => Math.min(200, 100 + seconds * 2))).isFlat).toBe(true);
  });

  it('sees a leak', () => {
    const { isFlat, slope: perMinute } = trendOf(points((seconds) => 200 + seconds / 2));
    expect(isFlat).toBe(false);
    expect(perMinute).toBeCloseTo(30, 0);
  });
});
