import { peakMemory, memoryOf } from '../measure/processes.js';
import type { BadLine, JobResult } from '../report/figure.js';
import type { TrafficContext } from './traffic-job.js';

/** Requests for /health/live a second: a gap in the answers is a stall of the event loop, to 4 ms. */
const PROBE_RATE = 250;
const MIB = 1024 * 1024;

/** Longest wait for /health/live on a connection of its own while first downloads run, in every round. */
async function stalls({ lab, effort, driver, ours, key }: TrafficContext) {
  const prober = lab.driver();
  const setting = { traffic: 'live' as const, url: ours.server.url, accounts: [], size: 1 };
  await prober.load('live', setting);
  const bad: BadLine[] = [];
  const rounds: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    const [downloads, probe] = await Promise.all([
      driver.run(key, { connections: 2, seconds: effort.seconds }),
      prober.run('live', { connections: 1, seconds: effort.seconds, rate: PROBE_RATE }),
    ]);
    rounds.push(probe.latency.max);
    for (const { bad: count, fault } of [downloads, probe])
      if (count > 0) bad.push({ job: 'first-pull', server: ours.name, count, fault: String(fault) });
  }
  prober.end();
  return { rounds, bad };
}

/** How far the memory of a server that has just started grows over first downloads, in MiB. */
async function memoryRise({ lab, effort, driver, ours, accounts }: TrafficContext, size: number) {
  const server = await lab.startOurs(ours.database);
  await driver.load('fresh', { traffic: 'firstPull', url: server.url, accounts, size, isPrepared: true });
  const before = memoryOf(server.pid);
  const { peak, result } = await peakMemory(server.pid, () =>
    driver.run('fresh', { connections: 2, seconds: effort.seconds }),
  );
  await lab.end(server);
  return { rise: (peak - before) / MIB, outcome: result };
}

export const firstPullExtras =
  (size: number) =>
  async (context: TrafficContext): Promise<Partial<JobResult>> => {
    const { rounds, bad } = await stalls(context);
    const { rise, outcome } = await memoryRise(context, size);
    if (outcome.bad > 0)
      bad.push({ job: 'first-pull', server: 'ours', count: outcome.bad, fault: String(outcome.fault) });
    return {
      bad,
      figures: [
        {
          key: 'first-pull.stall',
          title: 'First pull of 5,000 sessions: longest stall of the event loop',
          unit: 'ms',
          rounds,
          isBetter: 'lower',
          goal: { atMost: 30 },
          note: 'longest wait for /health/live, asked 250 times a second from a process of its own',
        },
        {
          key: 'first-pull.memory',
          title: 'First pull of 5,000 sessions: rise of resident memory',
          unit: 'MiB',
          rounds: [rise],
          isBetter: 'lower',
          goal: { atMost: 64 },
          note: 'of a server that has just started; two downloads at a time',
        },
      ],
    };
  };
