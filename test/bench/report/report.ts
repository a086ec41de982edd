import type { Machine } from '../measure/machine.js';
import { spread } from '../measure/statistics.js';
import {
  type BadLine,
  type Figure,
  goalText,
  isMet,
  type JobResult,
  type LoadLine,
  type Point,
  valueOf,
} from './figure.js';
import { numberText } from './table.js';

/** What a run writes, and what later runs are compared with. */
export interface Report {
  format: 1;
  /** ISO 8601. */
  measuredAt: string;
  /** The commit, with a `+` where the working tree differs from it. */
  commit: string;
  machine: Machine;
  effort: { rounds: number; seconds: number };
  figures: Figure[];
  loads: LoadLine[];
  points: Point[];
  bad: BadLine[];
}

export function addResult(report: Report, result: JobResult): void {
  report.figures.push(...result.figures);
  report.loads.push(...result.loads);
  report.points.push(...result.points);
  report.bad.push(...result.bad);
}

export const isVoid = ({ bad }: Report, { key }: Pick<Figure, 'key'>) =>
  bad.some(({ job }) => key.startsWith(`${job}.`));

const MARKS = { met: 'met', missed: 'MISSED', none: '', void: 'VOID' } as const;

function markOf(report: Report, figure: Figure): string {
  if (isVoid(report, figure)) return MARKS.void;
  const met = isMet(figure);
  return met === null ? MARKS.none : met ? MARKS.met : MARKS.missed;
}

const percent = (share: number) => `±${Math.round(share * 100)} %`;

/** Figures with their goals: one row each. */
export const figureRows = (report: Report): string[][] => [
  ['what', 'measured', '', 'goal', '', 'rounds'],
  ...report.figures.map((figure) => [
    figure.title,
    numberText(valueOf(figure)),
    figure.unit,
    goalText(figure),
    markOf(report, figure),
    figure.rounds.length > 1 ? percent(spread(figure.rounds)) : '',
  ]),
];

/** How the servers did under each kind of traffic. */
export const loadRows = (report: Report): string[][] => [
  ['job', 'server', '/s', 'server µs', 'PostgreSQL µs', 'p50 ms', 'p99 ms'],
  ...report.loads.map(({ job, server, ...line }) => [
    job,
    server,
    ...[line.rate, line.serverUs, line.postgresUs, line.p50, line.p99].map(numberText),
  ]),
];
