import { spread } from '../measure/statistics.js';
import { type Figure, valueOf } from './figure.js';
import type { Report } from './report.js';
import { numberText } from './table.js';

export interface Change {
  title: string;
  unit: string;
  before: number;
  now: number;
  /** now / before */
  ratio: number;
  verdict: 'better' | 'worse' | 'within the noise';
}

/** Two runs of the same differ by so much on a machine that has other things to do, however alike its rounds were. */
const LEAST_NOISE = 0.08;
/** Where there was one round only. */
const SINGLE_NOISE = 0.3;

const noiseOf = ({ rounds }: Figure) => (rounds.length > 1 ? spread(rounds) : SINGLE_NOISE / 2);

/** Beyond the noise: further apart than the rounds of both runs were from their medians. */
export function changeOf(before: Figure, now: Figure): Change {
  const [was, is] = [valueOf(before), valueOf(now)];
  const ratio = was === is ? 1 : is / was;
  const noise = Math.max(LEAST_NOISE, noiseOf(before) + noiseOf(now));
  const isBeyond = Math.abs(ratio - 1) > noise;
  const isBetter = now.isBetter === 'lower' ? ratio < 1 : ratio > 1;
  return {
    title: now.title,
    unit: now.unit,
    before: was,
    now: is,
    ratio,
    verdict: isBeyond ? (isBetter ? 'better' : 'worse') : 'within the noise',
  };
}

/** Figures that both runs have. */
export function changesOf(before: Report, now: Report): Change[] {
  const earlier = new Map(before.figures.map((figure) => [figure.key, figure]));
  return now.figures.flatMap((figure) => {
    const old = earlier.get(figure.key);
    return old === undefined ? [] : [changeOf(old, figure)];
  });
}

export const changeRows = (changes: readonly Change[]): string[][] => [
  ['what', 'before', 'now', '', 'now / before', ''],
  ...changes.map(({ title, before, now, unit, ratio, verdict }) => [
    title,
    numberText(before),
    numberText(now),
    unit,
    ratio.toFixed(2),
    verdict,
  ]),
];
