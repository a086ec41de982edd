import { fill } from '../data/filler.js';
import type { TrafficName } from '../driver/protocol.js';
import type { Driver } from '../lab/driver.js';
import type { Lab, Subject } from '../lab/lab.js';
import { withClient } from '../lab/postgres.js';
import { median } from '../measure/statistics.js';
import { emptyResult, type Figure, type JobResult, type Point } from '../report/figure.js';
import type { Job } from './job.js';
import { alternate, badLinesOf, type Effort, type Measured } from './measure.js';

const SMALLEST = 10_000;

interface Kind {
  traffic: TrafficName;
  title: string;
  key: string;
  atMost: number;
  accounts: number;
  connections: number;
}

const KINDS: readonly Kind[] = [
  {
    traffic: 'idlePull',
    key: 'idle-pull',
    title: 'idle pull',
    atMost: 1.3,
    accounts: 256,
    connections: 16,
  },
  {
    traffic: 'smallPull',
    key: 'small-pull',
    title: 'pull of 3 records',
    atMost: 1.3,
    accounts: 500,
    connections: 8,
  },
  { traffic: 'push', key: 'push', title: 'push of one workout', atMost: 1.5, accounts: 256, connections: 8 },
];

/** A server with its database, which holds so many rows of other users. */
interface Sized extends Subject {
  rows: number;
}

/** 10,000, 100,000 … up to the wanted size. */
export function sizesUpTo(rows: number): number[] {
  const sizes: number[] = [];
  for (let size = SMALLEST; size < rows; size *= 10) sizes.push(size);
  return [...sizes, Math.max(rows, SMALLEST)];
}

async function start(lab: Lab, rows: number): Promise<Sized> {
  const database = await lab.migrated(`rows_${rows}`);
  await withClient(database, (client) => fill(client, rows));
  return { name: 'ours', server: await lab.startOurs(database), database, rows };
}

/** All sizes side by side, in turn: a machine that gets slower does not look like growth. */
async function measure(lab: Lab, driver: Driver, kind: Kind, sized: readonly Sized[], effort: Effort) {
  const entries = [];
  for (const subject of sized) {
    const accounts = await lab.accounts(kind.accounts, [subject]);
    const key = `${kind.key}/${subject.rows}`;
    await driver.load(key, { traffic: kind.traffic, url: subject.server.url, accounts, size: 1 });
    entries.push({ name: String(subject.rows), key, server: subject.server });
  }
  return alternate(lab, driver, entries, {
    pace: { connections: kind.connections, seconds: kind.traffic === 'smallPull' ? 60 : effort.seconds },
    unitsPerRequest: 1,
    rounds: effort.rounds,
  });
}

function figureOf(kind: Kind, measured: readonly Measured[]): Figure {
  const [smallest, largest] = [measured[0], measured[measured.length - 1]];
  const us = measured.map(({ rounds }) => Math.round(median(rounds.map(({ postgresUs }) => postgresUs))));
  return {
    key: `growth.${kind.key}`,
    title: `PostgreSQL’s CPU per ${kind.title}, ${Number(largest.name).toLocaleString('en-US')} rows to 10,000`,
    unit: '×',
    rounds: largest.rounds.map(({ postgresUs }, round) => postgresUs / smallest.rounds[round].postgresUs),
    isBetter: 'lower',
    goal: { atMost: kind.atMost },
    note: `${us.join(', ')} µs at ${measured.map(({ name }) => name).join(', ')} rows of other users`,
  };
}

const pointsOf = (kind: Kind, measured: readonly Measured[]): Point[] =>
  measured.map(({ name, rounds }) => ({
    curve: `growth.${kind.key}`,
    server: 'ours',
    x: Number(name),
    values: {
      postgresUs: median(rounds.map(({ postgresUs }) => postgresUs)),
      p50: median(rounds.map(({ outcome }) => outcome.latency.p50)),
      p99: median(rounds.map(({ outcome }) => outcome.latency.p99)),
    },
  }));

async function run(lab: Lab, effort: Effort): Promise<JobResult> {
  const sized: Sized[] = [];
  for (const rows of sizesUpTo(effort.rows)) sized.push(await start(lab, rows));
  const driver = lab.driver();
  const result = emptyResult();
  for (const kind of KINDS) {
    const measured = await measure(lab, driver, kind, sized, effort);
    result.figures.push(figureOf(kind, measured));
    result.points.push(...pointsOf(kind, measured));
    result.bad.push(...measured.flatMap((line) => badLinesOf('growth', line)));
  }
  driver.end();
  for (const { server } of sized) await lab.end(server);
  return result;
}

export const growthJob: Job = { name: 'growth', title: 'Growth with the rows of other users', run };
