import { type Figure, valueOf } from './figure.js';
import type { Report } from './report.js';
import { numberText } from './table.js';

/** What a million users ask for: a pull every 15 minutes, spread by the clients; a set is pushed when it is done. */
interface Demand {
  what: string;
  /** Figure with the CPU of one, in ms. */
  key: string;
  /** A second, on average and at the peak. */
  average: number;
  peak: number;
}

const SAMPLES_PER_UPLOAD = 4000;
/** On average over the day. */
const SAMPLES_PER_SECOND = 160_000;
const USERS = 1_000_000;

const DEMANDS: readonly Demand[] = [
  { what: 'pulls that bring nothing', key: 'idle-pull.cpu', average: 1111, peak: 3300 },
  { what: 'pushes of a set', key: 'push.cpu', average: 40, peak: 160 },
  { what: 'pulls of what another phone pushed', key: 'small-pull.cpu', average: 40, peak: 160 },
  {
    what: `uploads of ${SAMPLES_PER_UPLOAD.toLocaleString('en-US')} samples`,
    key: 'upload.cpu',
    average: SAMPLES_PER_SECOND / SAMPLES_PER_UPLOAD,
    peak: (4 * SAMPLES_PER_SECOND) / SAMPLES_PER_UPLOAD,
  },
];

/** A core that is busier lets requests wait. */
const BUSY_SHARE = 0.6;
const DAY_SECONDS = 86_400;
const YEAR_DAYS = 365;
const TERABYTE = 1e12;
const RECORD_BYTES_PER_USER_YEAR = 1.7e6;

const figureOf = ({ figures }: Report, key: string): number => {
  const figure = figures.find((candidate: Figure) => candidate.key === key);
  return figure === undefined ? NaN : valueOf(figure);
};

/** Cores that the demand of a million users needs, server and PostgreSQL together. */
export function coreRows(report: Report): string[][] {
  const lines = DEMANDS.map(({ what, key, average, peak }) => {
    const seconds = figureOf(report, key) / 1000;
    return { what, seconds, average, peak, cores: [average * seconds, peak * seconds] };
  });
  const sum = (place: number) => lines.reduce((total, { cores }) => total + cores[place], 0);
  return [
    ['what', 'a second, average', 'peak', 'CPU of one, ms', 'cores, average', 'peak'],
    ...lines.map(({ what, average, peak, seconds, cores }) => [
      what,
      ...[average, peak, seconds * 1000, cores[0], cores[1]].map(numberText),
    ]),
    ['all', '', '', '', numberText(sum(0)), numberText(sum(1))],
    [
      `cores to have, ${BUSY_SHARE * 100} % busy`,
      '',
      '',
      '',
      numberText(Math.ceil(sum(0) / BUSY_SHARE)),
      numberText(Math.ceil(sum(1) / BUSY_SHARE)),
    ],
  ];
}

/** What a million users store, and from how many users on one machine does not do. */
export function storageRows(report: Report): string[][] {
  const bytes = figureOf(report, 'stored-bytes.sample');
  const aDay = SAMPLES_PER_SECOND * DAY_SECONDS * bytes;
  const aUserYear = (aDay * YEAR_DAYS) / USERS;
  return [
    ['what', 'of a million users', 'users whose year fills 1 TB'],
    [
      `samples, ${numberText(bytes)} B each`,
      `${numberText(aDay / TERABYTE)} TB a day`,
      numberText(Math.round(TERABYTE / aUserYear / 1000) * 1000),
    ],
    [
      'records, 1.7 MB per user and year',
      `${numberText((RECORD_BYTES_PER_USER_YEAR * USERS) / TERABYTE)} TB a year`,
      numberText(Math.round(TERABYTE / RECORD_BYTES_PER_USER_YEAR / 1000) * 1000),
    ],
  ];
}
