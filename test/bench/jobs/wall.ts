import type { TrafficName } from '../driver/protocol.js';
import type { Figure, JobResult } from '../report/figure.js';
import type { Lab } from '../lab/lab.js';
import type { Job } from './job.js';
import { alternate, badLinesOf, type Effort, loadLineOf, type Measured } from './measure.js';

interface Kind {
  traffic: TrafficName;
  title: string;
  connections: number;
  accounts: number;
  size: number;
}

const KINDS: readonly Kind[] = [
  { traffic: 'idlePull', title: 'Pull, nothing new', connections: 32, accounts: 512, size: 1 },
  { traffic: 'push', title: 'Push of one workout', connections: 16, accounts: 512, size: 1 },
  { traffic: 'bulkPush', title: 'Push of 1,000 sets', connections: 4, accounts: 16, size: 1000 },
  { traffic: 'firstPull', title: 'First pull of 5,000 sets', connections: 2, accounts: 4, size: 5000 },
];

const cpuOf = ({ rounds }: Measured): number[] =>
  rounds.map(({ serverUs, postgresUs }) => serverUs + postgresUs);

/** The same server twice on one database: as a role that row-level security holds, and as the owner of the tables. */
async function run(lab: Lab, effort: Effort): Promise<JobResult> {
  const database = await lab.migrated('wall');
  const servers = [
    { name: 'wall', server: await lab.startOurs(database) },
    { name: 'no wall', server: await lab.startOurs(database, { isWalled: false }) },
  ];
  const result: JobResult = { figures: [], loads: [], points: [], bad: [] };
  const driver = lab.driver();
  for (const { traffic, title, connections, accounts: count, size } of KINDS) {
    const [ours] = await lab.both();
    const entries = [];
    for (const { name, server } of servers) {
      const accounts = await lab.accounts(count, [{ ...ours, server, database }]);
      const key = `wall/${traffic}/${name}`;
      await driver.load(key, { traffic, url: server.url, accounts, size });
      entries.push({ name, key, server });
    }
    const pace = { connections, seconds: effort.seconds };
    const measured = await alternate(lab, driver, entries, {
      pace,
      unitsPerRequest: 1,
      rounds: effort.rounds,
    });
    const [wall, without] = measured.map(cpuOf);
    result.figures.push(
      figureOf(
        traffic,
        title,
        wall.map((cpu, round) => cpu / without[round]),
      ),
    );
    result.loads.push(...measured.map((line) => loadLineOf(`wall ${traffic}`, line)));
    result.bad.push(...measured.flatMap((line) => badLinesOf('wall', line)));
  }
  driver.end();
  for (const { server } of servers) await lab.end(server);
  return result;
}

const figureOf = (traffic: string, title: string, rounds: number[]): Figure => ({
  key: `wall.${traffic}`,
  title: `${title}: CPU with row-level security, share of that without`,
  unit: '×',
  rounds,
  isBetter: 'lower',
  goal: { atMost: 1.05 },
});

export const wallJob: Job = {
  name: 'wall',
  title: 'What the wall between accounts costs',
  isExtra: true,
  run,
};
