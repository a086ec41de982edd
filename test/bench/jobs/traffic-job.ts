import type { Account, TrafficName } from '../driver/protocol.js';
import type { Driver } from '../lab/driver.js';
import type { Lab, Subject } from '../lab/lab.js';
import type { Figure, JobResult } from '../report/figure.js';
import type { Job } from './job.js';
import { alternate, badLinesOf, type Effort, type Entry, loadLineOf, type Measured } from './measure.js';

/** A job that is one kind of requests, as many as the server answers. */
export interface TrafficJob {
  name: string;
  title: string;
  traffic: TrafficName;
  connections: number;
  /** Users that the requests are spread over. */
  accounts: number;
  /** What the traffic is tuned with. */
  size?: number;
  /** What CPU is counted per, and how many of them a request has. */
  unit: string;
  unitsPerRequest?: number;
  /** CPU is told in ms or µs per unit. */
  scale: 'ms' | 'µs';
  /** CPU of server and PostgreSQL per unit, in that scale. */
  cpuAtMost: number;
  /** Throughput as a share of the reference server's; null: told without a goal; undefined: it has no such job. */
  ratioAtLeast?: number | null;
  /** The traffic ends by itself: rounds take as long as they take. */
  isFinite?: boolean;
  /** Figures beyond CPU and throughput. */
  more?(context: TrafficContext): Promise<Partial<JobResult>>;
}

export interface TrafficContext {
  lab: Lab;
  effort: Effort;
  driver: Driver;
  ours: Subject;
  accounts: readonly Account[];
  /** Of the traffic on our server, in the driver. */
  key: string;
}

/** No run of a finite traffic takes that long. */
const FINITE_SECONDS = 120;

async function loadEntries(lab: Lab, driver: Driver, job: TrafficJob, subjects: readonly Subject[]) {
  const accounts = await lab.accounts(job.accounts, subjects);
  const entries: Entry[] = [];
  for (const { name, server } of subjects) {
    const key = `${job.name}/${name}`;
    await driver.load(key, { traffic: job.traffic, url: server.url, accounts, size: job.size ?? 1 });
    entries.push({ name, key, server });
  }
  return { accounts, entries };
}

function figuresOf(job: TrafficJob, [ours, reference]: readonly Measured[]): Figure[] {
  const scale = job.scale === 'ms' ? 1000 : 1;
  const cpu: Figure = {
    key: `${job.name}.cpu`,
    title: `${job.title}: CPU per ${job.unit}`,
    unit: job.scale,
    rounds: ours.rounds.map(({ serverUs, postgresUs }) => (serverUs + postgresUs) / scale),
    isBetter: 'lower',
    goal: { atMost: job.cpuAtMost },
  };
  if (reference === undefined || job.ratioAtLeast === undefined) return [cpu];
  const ratio: Figure = {
    key: `${job.name}.ratio`,
    title: `${job.title}: throughput, share of the reference’s`,
    unit: '×',
    rounds: ours.rounds.map(({ rate }, round) => rate / reference.rounds[round].rate),
    isBetter: 'higher',
  };
  const goal = job.ratioAtLeast === null ? undefined : { atLeast: job.ratioAtLeast };
  return [cpu, { ...ratio, goal }];
}

export const trafficJob = (job: TrafficJob): Job => ({
  name: job.name,
  title: job.title,
  run: async (lab, effort) => {
    const both = await lab.both();
    const subjects = job.ratioAtLeast === undefined ? both.slice(0, 1) : both;
    const driver = lab.driver();
    const { accounts, entries } = await loadEntries(lab, driver, job, subjects);
    const seconds = job.isFinite ? FINITE_SECONDS : effort.seconds;
    const measured = await alternate(lab, driver, entries, {
      pace: { connections: job.connections, seconds },
      unitsPerRequest: job.unitsPerRequest ?? 1,
      rounds: effort.rounds,
    });
    const [ours] = both;
    const more = await job.more?.({ lab, effort, driver, ours, accounts, key: entries[0].key });
    driver.end();
    return {
      figures: [...figuresOf(job, measured), ...(more?.figures ?? [])],
      loads: [...measured.map((line) => loadLineOf(job.name, line)), ...(more?.loads ?? [])],
      points: more?.points ?? [],
      bad: [...measured.flatMap((line) => badLinesOf(job.name, line)), ...(more?.bad ?? [])],
    };
  },
});
