const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * A curve in one line of text. The points need not be evenly spread in time; a column without any repeats the one before.
 * @param {readonly { at: number, value: number }[]} points by ascending time
 * @param {number} width
 */
export function sparkline(points, width) {
  const first = points[0]?.at ?? 0;
  const span = (points.at(-1)?.at ?? 0) - first + 1;
  const values = points.map(({ value }) => value);
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  /** @type {number[]} */
  const columns = Array.from({ length: width });
  for (const { at, value } of points) {
    const column = Math.floor(((at - first) / span) * width);
    columns[column] = Math.max(columns[column] ?? -Infinity, value);
  }
  let height = low;
  return Array.from(columns, (value) => {
    height = value ?? height;
    return LEVELS[Math.round(((height - low) / range) * (LEVELS.length - 1))];
  }).join('');
}
