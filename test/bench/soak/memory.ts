import { slope } from '../measure/statistics.js';

/** Resident memory at a moment of a run. */
export interface MemoryPoint {
  seconds: number;
  mib: number;
}

export interface MemoryTrend {
  /** MiB a minute. */
  slope: number;
  /** What the line rises by from the end of the warm-up to the end, as a share of the mean. */
  rise: number;
  isFlat: boolean;
}

/** The first part of a run, in which caches and pools fill. */
const WARM_UP = 1 / 3;
/** The least of so many seconds counts: between collections garbage is no leak. */
const WINDOW_SECONDS = 5;
/** A leak that would matter in a week is far above. */
const FLAT_RISE = 0.1;

/**
 * The straight line through the least memory of every five seconds after the first third of the run. Flat: it rises by
 * no more than a tenth of the mean.
 */
export function trendOf(points: readonly MemoryPoint[]): MemoryTrend {
  const end = points.at(-1)?.seconds ?? 0;
  const windows = new Map<number, number>();
  for (const { seconds, mib } of points) {
    if (seconds < end * WARM_UP) continue;
    const window = Math.floor(seconds / WINDOW_SECONDS);
    windows.set(window, Math.min(windows.get(window) ?? Infinity, mib));
  }
  const line = [...windows].map(([window, mib]) => [window * WINDOW_SECONDS, mib] as const);
  const perSecond = line.length < 2 ? 0 : slope(line);
  const mean = line.reduce((sum, [, mib]) => sum + mib, 0) / line.length;
  const rise = (perSecond * end * (1 - WARM_UP)) / mean;
  return { slope: perSecond * 60, rise, isFlat: rise <= FLAT_RISE };
}
