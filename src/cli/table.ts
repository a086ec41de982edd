/** Columns side by side, as wide as what is in them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map((row) => row[n].length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Without what a terminal would take for more than text: names of devices and records come from anywhere. */
// oxlint-disable-next-line no-control-regex
export const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');

export const moment = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
