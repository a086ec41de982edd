import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../bench/data/random.js';
import { freePort } from '../bench/lab/server.js';
import { postgresProcesses, type ServerProcess } from '../support/server-process.js';
import { Checks, type Proof } from './promise.js';
import { EMBEDDED, type Scene } from './scene.js';
import type { Home } from './tools/cluster.js';
import { embeddedHome, embeddedPostmaster } from './tools/embedded.js';
import { type Audit, audit, Lifter, Shift, sum } from './tools/lifter.js';
import { migrated, newCluster } from './tools/place.js';
import { until } from './tools/until.js';

/** How often each is killed. */
const KILLS = {
  usual: { server: 12, postgres: 12, embedded: 6 },
  full: { server: 50, postgres: 50, embedded: 50 },
} as const;
const ACCOUNTS = 4;
const PHONES = 2;
/** A phone that has tried that often turns to something else: what it sent may be there or not. */
const ATTEMPTS = 60;
const RECOVERY_MS = 20_000;

/** One way to run server and database, and how to hurt each. */
interface Patient {
  home: Home;
  url: string;
  /** Kills and brings back. */
  hurts: (() => Promise<void>)[];
}

/** PostgreSQL 15 by pg_ctl, and one server that its supervisor starts again on the same port. */
async function separate(scene: Scene): Promise<Patient> {
  const cluster = await newCluster(scene);
  const home = await migrated(cluster, 'kills');
  const port = String(await freePort());
  let server = await scene.serve(home, { PORT: port });
  const { server: servers, postgres } = scene.full ? KILLS.full : KILLS.usual;
  const killServer = async () => {
    await server.end('SIGKILL');
    server = await scene.serve(home, { PORT: port });
  };
  const killPostgres = async () => {
    cluster.kill();
    await cluster.up();
  };
  return {
    home,
    url: server.url,
    hurts: [...repeated(killServer, servers), ...repeated(killPostgres, postgres)],
  };
}

/** The server with the PostgreSQL below it, which must neither outlive it nor keep it from starting again. */
async function embedded(scene: Scene, checks: Checks): Promise<Patient> {
  const folder = path.join(scene.folder(), 'data');
  const env = { DATA_DIR: folder, PORT: String(await freePort()) };
  let server: ServerProcess = await scene.serve(EMBEDDED, env);
  const killServer = async () => {
    await server.end('SIGKILL');
    const ms = await until('the end of the embedded PostgreSQL', RECOVERY_MS, () => {
      return postgresProcesses(folder).length === 0;
    });
    checks.check(ms < 5000, `PostgreSQL outlived its server by ${Math.round(ms)} ms`);
    server = await scene.serve(EMBEDDED, env);
  };
  const killPostgres = async () => {
    process.kill(embeddedPostmaster(folder), 'SIGKILL');
    await pause(100);
  };
  const times = (scene.full ? KILLS.full : KILLS.usual).embedded;
  return {
    home: embeddedHome(folder),
    url: server.url,
    hurts: [...repeated(killServer, times), ...repeated(killPostgres, times)],
  };
}

const repeated = (work: () => Promise<void>, times: number) => Array.from({ length: times }, () => work);

interface Outcome {
  found: Audit;
  kills: number;
  pushes: number;
  retries: number;
  slowestMs: number;
}

async function loop(scene: Scene, { home, url, hurts }: Patient, checks: Checks): Promise<Outcome> {
  const random = randomFrom(scene.seed);
  const accounts = await scene.accounts(home, ACCOUNTS);
  const journal = path.join(scene.folder(), 'acknowledged');
  const lifters = accounts.flatMap((account) =>
    Array.from({ length: PHONES }, () => {
      return new Lifter({ wire: scene.wire, account, url: () => url, random, journal });
    }),
  );
  const shift = new Shift(lifters, ATTEMPTS);
  let slowestMs = 0;
  try {
    for (const hurt of hurts) {
      await pause(200 + random() * 800);
      await hurt();
      const before = lifters.map(({ acknowledged }) => acknowledged);
      const ms = await until('an acknowledged push after a kill', RECOVERY_MS, () =>
        lifters.some(({ acknowledged }, i) => acknowledged > before[i]),
      );
      slowestMs = Math.max(slowestMs, ms);
    }
  } finally {
    await shift.end();
  }
  for (const { faults } of lifters) for (const fault of faults) checks.check(false, fault);
  const audits = accounts.map(({ token }, i) =>
    audit(scene.wire, url, token, lifters.slice(i * PHONES, (i + 1) * PHONES)),
  );
  const found = sum(await Promise.all(audits));
  const journalled = new Set(
    fs
      .readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  );
  checks.check(journalled.size > 0, 'nothing was acknowledged');
  const total = (of: (lifter: Lifter) => number) => lifters.reduce((all, each) => all + of(each), 0);
  return {
    found,
    kills: hurts.length,
    pushes: total(({ acknowledged }) => acknowledged),
    retries: total(({ retries }) => retries),
    slowestMs,
  };
}

/** kill -9, again and again, while phones push. */
export async function killLoop(scene: Scene): Promise<Proof> {
  const checks = new Checks();
  const outcomes: Outcome[] = [];
  for (const make of [separate, embedded]) {
    const outcome = await scene.part(async (part) => loop(part, await make(part, checks), checks));
    const { lost, stale, strangers, duplicates, unstable } = outcome.found;
    checks.check(lost === 0, `${lost} acknowledged records lost`);
    checks.check(stale === 0, `${stale} acknowledged edits lost`);
    checks.check(strangers === 0, `${strangers} records that nobody sent`);
    checks.check(duplicates + unstable === 0, `${duplicates} duplicates, ${unstable} with two server ids`);
    outcomes.push(outcome);
    scene.say(`  ${make.name}: ${JSON.stringify(outcome)}`);
  }
  const { records, lost } = sum(outcomes.map(({ found }) => found));
  const total = (of: (outcome: Outcome) => number) => outcomes.reduce((all, each) => all + of(each), 0);
  const { server, postgres, embedded: each } = scene.full ? KILLS.full : KILLS.usual;
  return {
    promise: 'An acknowledged push is never lost.',
    done:
      `${ACCOUNTS * PHONES} phones push new sets and edits; ${server} × kill -9 of the server and ${postgres} × of PostgreSQL by ` +
      `pg_ctl, then ${each} + ${each} with the embedded one; a new phone pulls all`,
    figure: checks.figure(
      `${lost} lost of ${records.toLocaleString('en-US')} records in ${total(({ pushes }) => pushes).toLocaleString('en-US')} ` +
        `acknowledged pushes (${total(({ retries }) => retries).toLocaleString('en-US')} retries); ` +
        `slowest recovery ${(Math.max(...outcomes.map(({ slowestMs }) => slowestMs)) / 1000).toFixed(1)} s`,
    ),
    held: checks.held,
  };
}
