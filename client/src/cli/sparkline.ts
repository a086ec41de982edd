const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A curve in one line of text, from points by ascending time; a column without any repeats the one before. */
export function sparkline(points: readonly { at: number; value: number }[], width: number): string {
  if (points.length === 0) return '';
  const first = points[0]?.at ?? 0;
  const span = (points.at(-1)?.at ?? 0) - first + 1;
  const { low, high } = rangeOf(points.map(({ value }) => value));
  const highest = new Map<number, number>();
  for (const { at, value } of points) {
    const column = Math.floor(((at - first) / span) * width);
    highest.set(column, Math.max(highest.get(column) ?? -Infinity, value));
  }
  let height = low;
  return Array.from({ length: width }, (_, column) => {
    height = highest.get(column) ?? height;
    return LEVELS[Math.round(((height - low) / (high - low || 1)) * (LEVELS.length - 1))];
  }).join('');
}

export function rangeOf(values: readonly number[]): { low: number; high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}
