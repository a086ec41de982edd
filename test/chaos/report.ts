import { markdownTable } from '../bench/report/table.js';
import { type Result, verdictOf } from './run.js';

const BEGIN = '<!-- chaos -->';
const END = '<!-- /chaos -->';
const HEAD = ['', 'promise', 'what was done', 'figure', ''];

/** Puts figures into the document's table; rows of promises that were not run stay as they were measured. */
export function withResults(document: string, results: readonly Result[], origin: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the document has no ${BEGIN} … ${END}`);
  const rows = new Map(rowsOf(document.slice(from, to)));
  for (const result of results) rows.set(result.number, rowOf(result, rows.get(result.number)));
  const table = markdownTable([
    HEAD,
    ...[...rows].toSorted(([a], [b]) => a - b).map(([number, cells]) => [String(number), ...cells]),
  ]);
  const text = `Measured on ${origin}.\n\n${table}`;
  return `${document.slice(0, from + BEGIN.length)}\n\n${text}\n\n${document.slice(to)}`;
}

/** A trial that came to no end knows no sentences; the document does. */
const rowOf = (result: Result, before: readonly string[] | undefined): string[] => [
  result.promise === '' ? (before?.[0] ?? '') : result.promise,
  result.done,
  result.figure.replaceAll(/\s+/g, ' '),
  verdictOf(result),
];

function rowsOf(part: string): [number, string[]][] {
  return part.split('\n').flatMap((line): [number, string[]][] => {
    const [number, ...cells] = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'));
    return /^\d+$/.test(number ?? '') ? [[Number(number), cells]] : [];
  });
}
