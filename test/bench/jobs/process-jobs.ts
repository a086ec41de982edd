import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../lab/lab.js';
import { memoryOf, peakMemory } from '../measure/processes.js';
import { emptyResult, type JobResult } from '../report/figure.js';
import type { Job } from './job.js';
import type { Effort } from './measure.js';

const MIB = 1024 * 1024;
/** After its start a server is left alone for a moment. */
const REST_MS = 2000;
const AT_ONCE = 64;
/** Of 1,2 KB each. */
const SETS_OF_A_MEGABYTE = 850;
/** Each connection pushes at least twice, so that there are no pauses between. */
const PUSHING_SECONDS = 3;

/** Memory of a server that has just started, and of the same under many large pushes at once. */
async function memory(lab: Lab): Promise<JobResult> {
  const database = await lab.migrated('memory');
  const server = await lab.startOurs(database);
  await pause(REST_MS);
  const atRest = memoryOf(server.pid) / MIB;
  const driver = lab.driver();
  const accounts = await lab.accounts(AT_ONCE, [{ name: 'ours', server, database }]);
  const setting = { traffic: 'bulkPush' as const, url: server.url, accounts, size: SETS_OF_A_MEGABYTE };
  await driver.load('memory', setting);
  const { peak, result } = await peakMemory(server.pid, () =>
    driver.run('memory', { connections: AT_ONCE, seconds: PUSHING_SECONDS }),
  );
  driver.end();
  await lab.end(server);
  const figure = { unit: 'MiB', isBetter: 'lower' as const };
  return {
    ...emptyResult(),
    figures: [
      {
        ...figure,
        key: 'memory.rest',
        title: 'Resident memory of the server at rest',
        rounds: [atRest],
        goal: { atMost: 160 },
      },
      {
        ...figure,
        key: 'memory.pushes',
        title: 'Resident memory under 64 pushes of 1 MB at once',
        rounds: [peak / MIB],
        goal: { atMost: 400 },
        note: `${result.requests} pushes`,
      },
    ],
    bad:
      result.bad > 0
        ? [{ job: 'memory', server: 'ours', count: result.bad, fault: String(result.fault) }]
        : [],
  };
}

/** From the start of the process to the first 200 of /health/ready. */
async function start(lab: Lab, { rounds }: Effort): Promise<JobResult> {
  const database = await lab.migrated('start');
  const seconds: number[] = [];
  for (let round = 0; round < rounds + 1; round++) {
    const server = await lab.startOurs(database);
    // The first start reads the program from the disk.
    if (round > 0) seconds.push(server.readyMs / 1000);
    await lab.end(server);
  }
  return {
    ...emptyResult(),
    figures: [
      {
        key: 'start.ready',
        title: 'From start to ready, on a migrated database',
        unit: 's',
        rounds: seconds,
        isBetter: 'lower',
        goal: { atMost: 1.5 },
      },
    ],
  };
}

export const memoryJob: Job = { name: 'memory', title: 'Memory of the server', run: memory };
export const startJob: Job = { name: 'start', title: 'Start of the server', run: start };
