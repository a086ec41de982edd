import { median } from '../measure/statistics.js';

/** What a figure has to be; without one it is told for information. */
export type Goal = { atMost: number } | { atLeast: number };

/** One measured quantity, with its value in every round. */
export interface Figure {
  /** Names it from run to run, such as `push.cpu`. */
  key: string;
  title: string;
  unit: string;
  rounds: number[];
  isBetter: 'lower' | 'higher';
  goal?: Goal;
  note?: string;
}

/** How one server did under one kind of traffic: medians of the rounds. */
export interface LoadLine {
  job: string;
  server: string;
  /** Requests, or rows where a request has many, a second. */
  rate: number;
  /** CPU per request or row, µs. */
  serverUs: number;
  postgresUs: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/** Points of a curve for the plots. */
export interface Point {
  curve: string;
  server: string;
  x: number;
  /** Milliseconds for latencies, µs for costs. */
  values: Record<string, number>;
}

/** Answers that were not what they had to be. */
export interface BadLine {
  job: string;
  server: string;
  count: number;
  fault: string;
}

export interface JobResult {
  figures: Figure[];
  loads: LoadLine[];
  points: Point[];
  bad: BadLine[];
}

export const emptyResult = (): JobResult => ({ figures: [], loads: [], points: [], bad: [] });

export const valueOf = ({ rounds }: Pick<Figure, 'rounds'>) => median(rounds);

/** null: there is no goal, or nothing was measured. */
export function isMet(figure: Figure): boolean | null {
  const value = valueOf(figure);
  if (figure.goal === undefined || Number.isNaN(value)) return null;
  return 'atMost' in figure.goal ? value <= figure.goal.atMost : value >= figure.goal.atLeast;
}

export const goalText = ({ goal, unit }: Pick<Figure, 'goal' | 'unit'>) => {
  if (goal === undefined) return '';
  return `${'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`}${unit === '' ? '' : ` ${unit}`}`;
};
