import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../bench/data/random.js';
import type { NewAccount } from '../bench/lab/accounts.js';
import { project } from '../support/server-process.js';
import { Checks, type Proof } from './promise.js';
import { EMBEDDED, environment, type Scene } from './scene.js';
import { type Home, postgresTool } from './tools/cluster.js';
import { embeddedHome } from './tools/embedded.js';
import { Lifter, Shift } from './tools/lifter.js';
import { NotHere } from './tools/not-here.js';
import { newCluster } from './tools/place.js';

const ACCOUNTS = { usual: 20, full: 200 } as const;
const PUSHES = 10;

/** Accounts with a life behind them. */
async function furnish(scene: Scene, home: Home, url: string): Promise<NewAccount[]> {
  const accounts = await scene.accounts(home, scene.full ? ACCOUNTS.full : ACCOUNTS.usual);
  for (const account of accounts) {
    const lifter = new Lifter({
      wire: scene.wire,
      account,
      url: () => url,
      random: randomFrom(scene.seed),
      size: 20,
    });
    for (let n = 0; n < PUSHES; n++) await lifter.push();
  }
  return accounts;
}

/** What the server says of each account's records, without what it is asked at. */
const digestsOf = (scene: Scene, url: string, accounts: readonly NewAccount[]): Promise<string[]> =>
  Promise.all(
    accounts.map(async ({ token }) => {
      const { status, body } = await scene.wire.get(`${url}/api/sync/digest`, { token });
      return status === 200 ? JSON.stringify(body.collections ?? body) : `status ${status}`;
    }),
  );

function compare(checks: Checks, what: string, before: readonly string[], after: readonly string[]): void {
  const other = before.filter((digest, i) => digest !== after[i]);
  checks.check(other.length === 0, `${what}: ${other.length} of ${before.length} digests differ`);
  checks.check(new Set(before).size === before.length, `${what}: digests say nothing`);
}

function run(command: string, args: string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: '/',
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${path.basename(command)}: ${stderr}${stdout}`.slice(0, 500));
  return stdout;
}

const cli = (args: string[], env: Record<string, string>) =>
  run(process.execPath, [path.join(project, 'dist/cli.js'), ...args], env);

/** pg_dump while phones go on writing, pg_restore into another database, which a server serves. */
async function dumped(scene: Scene, checks: Checks): Promise<string> {
  const [dump, restore] = ['pg_dump', 'pg_restore'].map(postgresTool);
  const cluster = await newCluster(scene);
  const home = await cluster.createDatabase('kept');
  const server = await scene.serve(home);
  const accounts = await furnish(scene, home, server.url);
  const before = await digestsOf(scene, server.url, accounts);
  const others = await scene.accounts(home, 4);
  const shift = new Shift(
    others.map((account) => {
      return new Lifter({ wire: scene.wire, account, url: () => server.url, random: randomFrom(1) });
    }),
  );
  const file = path.join(scene.folder(), 'portal.dump');
  run(dump, ['--format=custom', `--file=${file}`, home.ownerUrl]);
  await pause(200);
  await shift.end();
  const back = await cluster.createDatabase('restored');
  run(restore, [
    '--clean',
    '--if-exists',
    '--no-owner',
    '--exit-on-error',
    `--dbname=${back.ownerUrl}`,
    file,
  ]);
  cli(['restored'], environment(back));
  const restored = await scene.serve(back);
  compare(checks, 'pg_dump', before, await digestsOf(scene, restored.url, accounts));
  return `pg_dump and pg_restore (${fs.statSync(file).size.toLocaleString('en-US')} bytes): ${accounts.length} digests identical`;
}

/** The embedded database: the operator's own commands, and another folder. */
async function backedUp(scene: Scene, checks: Checks): Promise<string> {
  const folder = scene.folder();
  const env = (name: string) => ({ ...environment(EMBEDDED), DATA_DIR: path.join(folder, name) });
  if (!/^ +backup\b/m.test(cli(['--help'], {}))) throw new NotHere('there is no command backup');
  const server = await scene.serve(EMBEDDED, env('kept'));
  const accounts = await furnish(scene, embeddedHome(path.join(folder, 'kept')), server.url);
  const before = await digestsOf(scene, server.url, accounts);
  const file = path.join(folder, 'backup.tar.gz');
  cli(['backup', file], env('kept'));
  await server.end('SIGKILL');
  cli(['restore', file], env('back'));
  const restored = await scene.serve(EMBEDDED, env('back'));
  compare(checks, 'backup', before, await digestsOf(scene, restored.url, accounts));
  return `backup and restore of the embedded one: ${accounts.length} digests identical`;
}

/** A backup is made under load and restored elsewhere; every account's records are what they were. */
export async function backupsRestore(scene: Scene): Promise<Proof> {
  const checks = new Checks();
  const words: string[] = [];
  let tried = 0;
  for (const way of [dumped, backedUp])
    try {
      words.push(await scene.part((part) => way(part, checks)));
      tried++;
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      words.push(`not tried here: ${error.message}`);
    }
  return {
    promise: 'A backup restores.',
    done: 'a backup under load by pg_dump, restored into another database; one by the operator’s command of the embedded database, restored into another folder; GET /api/sync/digest of every account before and after',
    figure: checks.figure(words.join('; ')),
    held: checks.held && tried < 2 ? null : checks.held,
  };
}
