import { median, spread } from '../measure/statistics.js';
import { type Figure, type LoadLine, valueOf } from './figure.js';
import type { Report } from './report.js';
import { numberText } from './table.js';

export interface Change {
  title: string;
  unit: string;
  before: number;
  now: number;
  /** now / before */
  ratio: number;
  /** The same for what the reference server needs: how much slower or faster the machine itself was. */
  machine: number;
  verdict: 'better' | 'worse' | 'within the noise';
}

/** Two runs of the same differ by so much on a machine that has other things to do, however alike its rounds were. */
const LEAST_NOISE = 0.08;
/** Where there was one round only. */
const SINGLE_NOISE = 0.3;

const noiseOf = ({ rounds }: Figure) => (rounds.length > 1 ? spread(rounds) : SINGLE_NOISE / 2);

/**
 * Better or worse: further apart than the rounds of both runs were from their medians, both as measured and after what the
 * machine itself has changed by. Contention does not slow every program alike, so neither alone is believed.
 */
export function changeOf(before: Figure, now: Figure, machine = 1): Change {
  const [was, is] = [valueOf(before), valueOf(now)];
  const ratio = was === is ? 1 : is / was;
  const noise = Math.max(LEAST_NOISE, noiseOf(before) + noiseOf(now));
  const ratios = [ratio, ratio / machine];
  const isLess = ratios.every((one) => one < 1 - noise);
  const isMore = ratios.every((one) => one > 1 + noise);
  const isBetter = now.isBetter === 'lower' ? isLess : isMore;
  const verdict = isBetter ? 'better' : isLess || isMore ? 'worse' : 'within the noise';
  return { title: now.title, unit: now.unit, before: was, now: is, ratio, machine, verdict };
}

const costOf = ({ serverUs, postgresUs }: LoadLine) => serverUs + postgresUs;

const referenceCosts = ({ loads }: Report) =>
  new Map(loads.filter(({ server }) => server === 'reference').map((line) => [line.job, costOf(line)]));

/** By how much the CPU of the reference server has changed, by job: nobody has optimised that one in between. */
function machineFactors(before: Report, now: Report): Map<string, number> {
  const earlier = referenceCosts(before);
  return new Map(
    [...referenceCosts(now)].flatMap(([job, cost]) => {
      const old = earlier.get(job);
      return old === undefined || !(cost / old > 0) ? [] : [[job, cost / old] as const];
    }),
  );
}

/** Figures that both runs have. Figures of CPU are seen against what the machine has changed by. */
export function changesOf(before: Report, now: Report): Change[] {
  const earlier = new Map(before.figures.map((figure) => [figure.key, figure]));
  const factors = machineFactors(before, now);
  const usual = factors.size === 0 ? 1 : median([...factors.values()]);
  return now.figures.flatMap((figure) => {
    const old = earlier.get(figure.key);
    if (old === undefined) return [];
    const [job, quantity] = figure.key.split('.');
    return [changeOf(old, figure, quantity === 'cpu' ? (factors.get(job) ?? usual) : 1)];
  });
}

export const changeRows = (changes: readonly Change[]): string[][] => [
  ['what', 'before', 'now', '', 'now / before', 'reference', ''],
  ...changes.map(({ title, before, now, unit, ratio, machine, verdict }) => [
    title,
    numberText(before),
    numberText(now),
    unit,
    ratio.toFixed(2),
    machine === 1 ? '' : machine.toFixed(2),
    verdict,
  ]),
];
