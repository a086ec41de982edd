import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../bench/data/random.js';
import { withClient } from '../bench/lab/postgres.js';
import { runToEnd, ServerProcess } from '../support/server-process.js';
import { Checks, type Proof } from './promise.js';
import { type Addresses, environment, type Scene } from './scene.js';
import { Cluster, type Home } from './tools/cluster.js';
import { audit, Lifter, Shift, sum } from './tools/lifter.js';
import { NotHere } from './tools/not-here.js';
import { buildPrevious, type Previous } from './tools/previous.js';

const ACCOUNTS = 4;
const PHONES = 3;
/** A phone that got no answer comes again; more often than that it would have given up. */
const ATTEMPTS = 20;
const ROUNDS = { usual: 4, full: 20 } as const;
const END_MS = 29_000;

/** Servers behind what shares requests out among them, and phones that push through it. */
class Fleet {
  readonly checks = new Checks();
  readonly lifters: Lifter[] = [];
  private readonly servers: ServerProcess[] = [];
  private turn = 0;
  ends = 0;
  slowestEndMs = 0;

  constructor(
    private readonly scene: Scene,
    private readonly home: Home,
  ) {}

  add(): Promise<ServerProcess> {
    return this.put(this.scene.serve(this.home));
  }

  addPrevious(program: string): Promise<ServerProcess> {
    return this.put(this.scene.serve(asBefore(this.home), {}, program));
  }

  private async put(started: Promise<ServerProcess>): Promise<ServerProcess> {
    const server = await started;
    this.servers.push(server);
    return server;
  }

  /** As an orchestrator does it: the signal first, and only then no more requests for it. */
  async retire(server: ServerProcess): Promise<void> {
    const began = performance.now();
    const ended = server.end('SIGTERM');
    await pause(100);
    this.servers.splice(this.servers.indexOf(server), 1);
    const { code, signal } = await ended;
    const ms = performance.now() - began;
    this.ends++;
    this.slowestEndMs = Math.max(this.slowestEndMs, ms);
    this.checks.check(code === 0, `it ended with ${signal ?? code}`);
    this.checks.check(ms < END_MS, `it took ${Math.round(ms)} ms to end`);
  }

  url = (): string => this.servers[this.turn++ % this.servers.length].url;

  async work<T>(change: () => Promise<T>): Promise<T> {
    const random = randomFrom(this.scene.seed);
    const accounts = await this.scene.accounts(this.home, ACCOUNTS);
    const lifters = accounts.flatMap((account) =>
      Array.from({ length: PHONES }, () => {
        return new Lifter({ wire: this.scene.wire, account, url: this.url, random });
      }),
    );
    this.lifters.push(...lifters);
    const shift = new Shift(lifters, ATTEMPTS);
    await pause(500);
    const result = await change();
    await pause(500);
    await shift.end();
    const found = await Promise.all(
      accounts.map(({ token }, i) =>
        audit(this.scene.wire, this.url(), token, lifters.slice(i * PHONES, (i + 1) * PHONES)),
      ),
    );
    this.judge(sum(found), lifters);
    return result;
  }

  private judge(
    { lost, stale, strangers, duplicates }: ReturnType<typeof sum>,
    lifters: readonly Lifter[],
  ): void {
    this.checks.check(lost + stale === 0, `${lost} records and ${stale} edits lost`);
    this.checks.check(strangers + duplicates === 0, `${strangers} strangers, ${duplicates} duplicates`);
    for (const { faults } of lifters) for (const fault of faults) this.checks.check(false, fault);
    const gaveUp = lifters.filter(({ abandoned }) => abandoned > 0).length;
    this.checks.check(gaveUp === 0, `${gaveUp} phones gave up`);
  }
}

/** Operators who upgrade have one role, which owns everything, and give the new version a second one. */
const asBefore = ({ ownerUrl }: Home): Addresses => ({ url: ownerUrl, ownerUrl: '' });

/** Every process is replaced, one after the other, while phones push. */
async function rolling(scene: Scene, checks: Checks): Promise<string> {
  const fleet = new Fleet(scene, await scene.newHome());
  let old = [await fleet.add(), await fleet.add()];
  await fleet.work(async () => {
    for (let round = 0; round < (scene.full ? ROUNDS.full : ROUNDS.usual); round++) {
      const fresh = await fleet.add();
      await fleet.retire(old[0]);
      old = [...old.slice(1), fresh];
    }
  });
  checks.take(fleet.checks, 'rolling');
  const total = (of: (lifter: Lifter) => number) => fleet.lifters.reduce((all, each) => all + of(each), 0);
  return (
    `${fleet.ends} processes replaced, ${total(({ acknowledged }) => acknowledged)} pushes acknowledged, ` +
    `${total(({ retries }) => retries)} repeated, 0 failed; slowest end ${(fleet.slowestEndMs / 1000).toFixed(1)} s`
  );
}

/** The previous version serves while this one migrates, then both, then this one alone. */
async function twoVersions(scene: Scene, { commit, program }: Previous, checks: Checks): Promise<string> {
  const home = await emptyHome(scene);
  const fleet = new Fleet(scene, home);
  const old = await fleet.addPrevious(program);
  const migratedMs = await fleet.work(async () => {
    const began = performance.now();
    await fleet.add();
    const ms = performance.now() - began;
    await pause(3000);
    await fleet.retire(old);
    return ms;
  });
  checks.take(fleet.checks, `beside ${commit}`);
  const acknowledged = fleet.lifters.reduce((all, each) => all + each.acknowledged, 0);
  return (
    `${commit} beside this version on one database: ${acknowledged} pushes acknowledged, ` +
    `started and migrated in ${(migratedMs / 1000).toFixed(1)} s under load`
  );
}

/** kill -9 at some moment of a start that migrates a database of the previous version; then a start that is left alone. */
async function killedMigrations(scene: Scene, { program }: Previous, checks: Checks): Promise<string> {
  const kills = scene.full ? 40 : 8;
  const home = await emptyHome(scene);
  const first = await ServerProcess.start(environment(asBefore(home)), program);
  await first.end('SIGTERM');
  const random = randomFrom(scene.seed);
  for (let n = 0; n < kills; n++) await runToEnd(environment(home), 200 + random() * 1000);
  const server = await scene.serve(home);
  const ready = await scene.wire.get(`${server.url}/health/ready`);
  checks.check(ready.status === 200, `after killed migrations: ready ${ready.status}`);
  const [tried, fresh] = [await schemaOf(home), await schemaOf(await scene.newHome())];
  checks.check(tried === fresh, 'after killed migrations the schema is another one');
  return `${kills} starts killed while they migrate, then one that works; schema as new`;
}

const schemaOf = ({ adminUrl }: Home): Promise<string> =>
  withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `select concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) as line
         from information_schema.columns where table_schema = 'public'
       union all select indexdef from pg_indexes where schemaname = 'public' order by 1`,
    );
    return rows.map(({ line }) => line).join('\n');
  });

async function emptyHome(scene: Scene): Promise<Home> {
  const folder = scene.folder();
  const cluster = await Cluster.start({ data: `${folder}/data`, logFile: `${folder}/log` });
  scene.atEnd(() => cluster.stop());
  return cluster.createDatabase('empty');
}

/** Processes are replaced under load, by their like and by a newer version that migrates. */
export async function deploys(scene: Scene): Promise<Proof> {
  const checks = new Checks();
  const words = [await scene.part((part) => rolling(part, checks))];
  let isWhole = true;
  try {
    const previous = buildPrevious(scene);
    for (const work of [twoVersions, killedMigrations])
      words.push(await scene.part((part) => work(part, previous, checks)));
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    isWhole = false;
    words.push(`two versions not tried here: ${error.message}`);
  }
  return {
    promise:
      'A deploy loses nothing: no request fails that a client could not repeat, also with two versions on one database.',
    done: `${ACCOUNTS * PHONES} phones push through two processes; each is told to end (SIGTERM) and replaced in turn; the version before the newest migration beside this one; starts killed while they migrate`,
    figure: checks.figure(words.join('; ')),
    held: checks.held && !isWhole ? null : checks.held,
  };
}
