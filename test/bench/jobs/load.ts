import type { TrafficName } from '../driver/protocol.js';
import type { Lab } from '../lab/lab.js';
import { median } from '../measure/statistics.js';
import { emptyResult, type JobResult } from '../report/figure.js';
import type { Job } from './job.js';
import { alternate, badLinesOf, type Effort } from './measure.js';

const CONNECTIONS = [1, 2, 4, 8, 16, 32, 64, 128];
const CURVES: readonly { curve: string; traffic: TrafficName }[] = [
  { curve: 'load.idle-pull', traffic: 'idlePull' },
  { curve: 'load.push', traffic: 'push' },
];
const USERS = 256;
const ROUNDS = 2;

/** Latency at rising numbers of connections, each of which sends its next request when it has the answer to the last. */
async function run(lab: Lab, effort: Effort): Promise<JobResult> {
  const subjects = await lab.both();
  const driver = lab.driver();
  const result = emptyResult();
  for (const { curve, traffic } of CURVES) {
    const accounts = await lab.accounts(USERS, subjects);
    const entries = [];
    for (const { name, server } of subjects) {
      const key = `${curve}/${name}`;
      await driver.load(key, { traffic, url: server.url, accounts, size: 1 });
      entries.push({ name, key, server });
    }
    for (const connections of CONNECTIONS) {
      const pace = { connections, seconds: effort.seconds };
      const measured = await alternate(lab, driver, entries, { pace, unitsPerRequest: 1, rounds: ROUNDS });
      for (const line of measured) {
        const of = (q: 'p50' | 'p99') => median(line.rounds.map(({ outcome }) => outcome.latency[q]));
        const values = { p50: of('p50'), p99: of('p99'), rate: median(line.rounds.map(({ rate }) => rate)) };
        result.points.push({ curve, server: line.name, x: connections, values });
        result.bad.push(...badLinesOf('load', line));
      }
    }
  }
  driver.end();
  return result;
}

/** Two minutes that only the plots need. */
export const loadJob: Job = { name: 'load', title: 'Latency against load', isExtra: true, run };
