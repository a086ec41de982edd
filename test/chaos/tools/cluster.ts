import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chooseAccount } from '../../../src/database/postgres-account.js';
import { findBinaries } from '../../../src/database/postgres-binaries.js';
import { freePort } from '../../bench/lab/server.js';
import { withClient } from '../../bench/lab/postgres.js';
import { postgresProcesses } from '../../support/server-process.js';
import { NotHere } from './not-here.js';

/** A database as the server is given it, as the role that owns the tables, and as PostgreSQL's administrator. */
export interface Home {
  url: string;
  ownerUrl: string;
  adminUrl: string;
}

export interface ClusterOptions {
  /** Becomes the data directory; it may exist as an empty mount. */
  data: string;
  /** Where the log of the server goes; not below `data`. */
  logFile: string;
  settings?: Readonly<Record<string, string>>;
  /** For PostgreSQL itself, such as LD_PRELOAD. */
  env?: Readonly<Record<string, string>>;
  /** For initdb, such as --waldir. */
  initdb?: readonly string[];
}

const ADMIN = 'postgres';
const OWNER = 'phoenix';
const SERVER = 'phoenix_server';
const START_MS = 60_000;
const RETRY_MS = 100;
const DEBIAN = '/usr/lib/postgresql';

/** Folders of PostgreSQL programs, the oldest supported first: what works there works later too. */
function installed(): string[] {
  if (process.env.PG_BIN) return [process.env.PG_BIN];
  const versions = fs.existsSync(DEBIAN) ? fs.readdirSync(DEBIAN).map(Number) : [];
  return versions
    .filter((version) => version >= 15)
    .toSorted((a, b) => a - b)
    .map((version) => path.join(DEBIAN, String(version), 'bin'));
}

/** The folder of a program that only an installation of PostgreSQL has. */
export function postgresTool(name: string): string {
  const folder = installed().find((each) => fs.existsSync(path.join(each, name)));
  if (folder === undefined) throw new NotHere(`${name} is not here; install PostgreSQL or set PG_BIN`);
  return path.join(folder, name);
}

/** PostgreSQL run with initdb and pg_ctl, as durable as it comes unless the settings say otherwise. */
export class Cluster {
  private readonly password = randomBytes(16).toString('hex');

  private constructor(
    private readonly options: ClusterOptions,
    private readonly bin: string,
    private readonly account: { uid?: number; gid?: number },
    readonly port: number,
  ) {}

  /** Makes and starts one; of the embedded package's version where nothing else is installed. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    fs.mkdirSync(options.data, { recursive: true });
    const account = chooseAccount(options.data);
    const { uid, gid } = account;
    if (uid !== undefined && gid !== undefined) fs.chownSync(options.data, uid, gid);
    const [bin] = [...installed(), await embeddedFolder(account, options.data)];
    const cluster = new Cluster(options, bin, account, await freePort());
    cluster.initialise();
    await cluster.up();
    await withClient(cluster.adminUrl('postgres'), (client) =>
      client.query(
        [OWNER, SERVER].map((role) => `create role ${role} login password '${cluster.password}'`).join(';'),
      ),
    );
    return cluster;
  }

  adminUrl(database: string): string {
    return this.urlOf(ADMIN, database);
  }

  /** An empty database that the server's account owns, or a copy of one. */
  async createDatabase(name: string, template = 'template0'): Promise<Home> {
    await withClient(this.adminUrl('postgres'), (client) =>
      client.query(`create database ${name} template ${template} owner ${OWNER}`),
    );
    const [ownerUrl, url] = [OWNER, SERVER].map((role) => this.urlOf(role, name));
    return { url, ownerUrl, adminUrl: this.adminUrl(name) };
  }

  /** Starts it again, whatever ended it; a killed one needs a moment until its last child has gone. */
  async up(): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const { status, said } = await this.run(
        'pg_ctl',
        `-D ${this.options.data} -l ${this.options.logFile} -w -t 60 start -o`
          .split(' ')
          .concat(this.commandLine()),
      );
      if (status === 0) return;
      if (performance.now() > deadline) throw new Error(`PostgreSQL did not start:\n${said}\n${this.log()}`);
      await pause(RETRY_MS);
    }
  }

  async stop(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    await this.run('pg_ctl', ['-D', this.options.data, '-w', '-m', mode, 'stop']);
  }

  get postmaster(): number {
    return Number(fs.readFileSync(path.join(this.options.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  processes(): number[] {
    return postgresProcesses(this.options.data);
  }

  /** To the postmaster only: its children find that it is gone and end. */
  kill(): void {
    process.kill(this.postmaster, 'SIGKILL');
  }

  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of this.processes())
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
  }

  log(): string {
    return fs.existsSync(this.options.logFile)
      ? fs.readFileSync(this.options.logFile, 'utf8').slice(-4000)
      : '';
  }

  private urlOf(role: string, database: string): string {
    return `postgres://${role}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  private initialise(): void {
    const secret = `${this.options.logFile}.secret`;
    fs.writeFileSync(secret, this.password, { mode: 0o644 });
    fs.writeFileSync(this.options.logFile, '');
    const { uid, gid } = this.account;
    if (uid !== undefined && gid !== undefined) fs.chownSync(this.options.logFile, uid, gid);
    const made = spawnSync(
      path.join(this.bin, 'initdb'),
      `-D ${this.options.data} -U ${ADMIN} -E UTF8 --locale=C -A scram-sha-256 --no-sync --pwfile=${secret}`
        .split(' ')
        .concat(this.options.initdb ?? []),
      { ...this.account, cwd: '/', encoding: 'utf8' },
    );
    fs.rmSync(secret);
    if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
  }

  private commandLine(): string {
    const settings = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      ...this.options.settings,
    };
    return Object.entries(settings)
      .map(([name, value]) => `-c ${name}='${value}'`)
      .join(' ');
  }

  private async run(program: string, args: string[]): Promise<{ status: number | null; said: string }> {
    const child = spawn(path.join(this.bin, program), args, {
      ...this.account,
      cwd: '/',
      env: { PATH: process.env.PATH, ...this.options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    // Not 'close': the server that pg_ctl leaves behind may hold the pipes.
    const [status] = (await once(child, 'exit')) as [number | null];
    return { status, said };
  }
}

async function embeddedFolder(account: object, data: string): Promise<string> {
  if (installed().length > 0) return '';
  return path.dirname((await findBinaries(account, path.join(path.dirname(data), 'shared'))).initdb);
}
