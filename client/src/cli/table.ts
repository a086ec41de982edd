const GAP = '  ';

/** Rows of cells under each other, indented, the last cell as long as it is. */
export function columns(rows: readonly (readonly string[])[], indent = GAP): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.slice(0, -1).entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map(
      (row) =>
        indent + row.map((cell, i) => cell.padEnd(i === row.length - 1 ? 0 : (widths[i] ?? 0))).join(GAP),
    )
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A table with headings. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]) =>
  columns([headings.map((heading) => heading.toUpperCase()), ...rows], '');

/** 1248 → 1,248 */
export const count = (number: number) => number.toLocaleString('en');

/** “3 records”, “1 record”. */
export const counted = (number: number, noun: string) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** An instant as the clock on the wall shows it. */
export function when(epochMs: number | null | undefined): string {
  if (epochMs === null || epochMs === undefined) return 'never';
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) return String(epochMs);
  const local = new Date(epochMs - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}
