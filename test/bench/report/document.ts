import fs from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withPart } from './document-part.js';
import { goalText, isMet, valueOf } from './figure.js';
import { coreRows, storageRows } from './million.js';
import { growthPlot, latencyPlot } from './plots.js';
import { figureRows, loadRows, type Report } from './report.js';
import { markdownTable, numberText } from './table.js';

function machineText({ machine, measuredAt, commit, effort }: Report): string {
  const { processor, cores, memoryGib, system, node, postgres, load } = machine;
  return [
    `${processor}, ${cores} cores, ${memoryGib} GiB, ${system}; Node ${node}; PostgreSQL ${postgres}.`,
    `Measured on ${measuredAt.slice(0, 10)} at ${commit}: ${effort.rounds} rounds of ${effort.seconds} s,`,
    `${load} other processes wanting a core when it began.`,
  ].join(' ');
}

function notesText({ figures, bad }: Report): string {
  const notes = figures.flatMap(({ title, note }) => (note === undefined ? [] : [`- ${title}: ${note}.`]));
  const faults = bad.map(
    ({ job, server, count, fault }) => `- **${job} is void**: ${count} × ${server}: ${fault}`,
  );
  return [...faults, ...notes].join('\n');
}

/** What the page owes a reason for. */
function missedText({ figures }: Report): string {
  const missed = figures.filter((figure) => isMet(figure) === false);
  if (missed.length === 0) return 'Every goal was met.';
  const lines = missed.map(
    (figure) =>
      `- ${figure.title}: ${numberText(valueOf(figure))} ${figure.unit}, wanted ${goalText(figure)}`,
  );
  return lines.join('\n');
}

/** Writes the tables into the document, and the plots of what was measured beside it. */
export async function writeDocument(project: string, report: Report): Promise<string[]> {
  const file = path.join(project, 'docs/performance.md');
  let document = fs.readFileSync(file, 'utf8');
  const parts = {
    machine: machineText(report),
    goals: markdownTable(figureRows(report)),
    notes: notesText(report),
    missed: missedText(report),
    loads: markdownTable(loadRows(report)),
    cores: markdownTable(coreRows(report)),
    storage: markdownTable(storageRows(report)),
  };
  for (const [name, text] of Object.entries(parts)) document = withPart(document, name, text);
  const settings = await resolveConfig(file);
  fs.writeFileSync(file, await format(document, { ...settings, filepath: file }));
  return [file, ...writePlots(path.join(project, 'docs/performance'), report)];
}

function writePlots(folder: string, { points }: Report): string[] {
  fs.mkdirSync(folder, { recursive: true });
  const plots = [
    { name: 'latency.svg', curve: 'load.', draw: latencyPlot },
    { name: 'growth.svg', curve: 'growth.', draw: growthPlot },
  ];
  return plots.flatMap(({ name, curve, draw }) => {
    if (!points.some((point) => point.curve.startsWith(curve))) return [];
    const file = path.join(folder, name);
    fs.writeFileSync(file, draw(points));
    return [file];
  });
}
