import type { Outcome } from '../driver/protocol.js';
import type { Driver } from '../lab/driver.js';
import type { Lab, Subject } from '../lab/lab.js';
import type { BadLine, Figure, JobResult } from '../report/figure.js';
import type { Job } from './job.js';
import type { Effort } from './measure.js';

/**
 * Requests a second, the same for both servers however fast they are: a busy evening for one process, about two thirds of
 * a core. Idle pulls are few enough not to wait for each other.
 */
const RATES = { idlePull: 150, upload: 6, bulk: 4 } as const;
const SAMPLES = 4000;
const BULK_ROWS = 1000;
const USERS = 64;
/** A 99th percentile of fewer would be chance. */
const LEAST_SECONDS = 4;

/** Three drivers, because one that makes a megabyte does not look at its clock meanwhile. */
type Drivers = Record<keyof typeof RATES, Driver>;

const TRAFFIC = { idlePull: 'idlePull', upload: 'metricsUpload', bulk: 'bulkPush' } as const;
const SIZE = { idlePull: 1, upload: SAMPLES, bulk: BULK_ROWS } as const;
const CONNECTIONS = { idlePull: 16, upload: 4, bulk: 4 } as const;
const KINDS = ['idlePull', 'upload', 'bulk'] as const;

async function load(lab: Lab, drivers: Drivers, subjects: readonly Subject[]): Promise<void> {
  for (const kind of KINDS) {
    const accounts = await lab.accounts(USERS, subjects);
    for (const { name, server } of subjects)
      await drivers[kind].load(name, {
        traffic: TRAFFIC[kind],
        url: server.url,
        accounts,
        size: SIZE[kind],
      });
  }
}

/** All three at once. */
async function together(drivers: Drivers, name: string, seconds: number): Promise<Outcome[]> {
  return Promise.all(
    KINDS.map((kind) =>
      drivers[kind].run(name, { connections: CONNECTIONS[kind], seconds, rate: RATES[kind] }),
    ),
  );
}

async function run(lab: Lab, effort: Effort): Promise<JobResult> {
  const subjects = await lab.both();
  const drivers = { idlePull: lab.driver(), upload: lab.driver(), bulk: lab.driver() };
  await load(lab, drivers, subjects);
  const seconds = Math.max(LEAST_SECONDS, effort.seconds);
  const rounds = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const bad: BadLine[] = [];
  for (const { name } of subjects) await together(drivers, name, 1);
  for (let round = 0; round < effort.rounds; round++)
    for (const { name } of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const outcomes = await together(drivers, name, seconds);
      rounds.get(name)?.push(outcomes[0].latency.p99);
      for (const { bad: count, fault } of outcomes)
        if (count > 0) bad.push({ job: 'interference', server: name, count, fault: String(fault) });
    }
  for (const driver of Object.values(drivers)) driver.end();
  const [ours, reference] = subjects.map(({ name }) => rounds.get(name) ?? []);
  return { figures: figuresOf(ours, reference), loads: [], points: [], bad };
}

function figuresOf(ours: number[], reference: number[]): Figure[] {
  const title = 'Idle pull while uploads and pushes of 1,000 sets run: p99';
  const note = `${RATES.idlePull} idle pulls, ${RATES.upload} uploads of ${SAMPLES} samples and ${RATES.bulk} pushes of ${BULK_ROWS} sets a second`;
  return [
    { key: 'interference.p99', title, unit: 'ms', rounds: ours, isBetter: 'lower', note },
    {
      key: 'interference.ratio',
      title: `${title}, share of the reference’s`,
      unit: '×',
      rounds: ours.map((value, round) => value / reference[round]),
      isBetter: 'lower',
      goal: { atMost: 1.5 },
    },
  ];
}

export const interferenceJob: Job = { name: 'interference', title: 'Idle pulls beside heavy requests', run };
