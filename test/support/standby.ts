import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Binaries } from '../../src/database/postgres-binaries.js';
import {
  type DataFolder,
  initialise,
  placeData,
  secretOf,
  SUPERUSER,
} from '../../src/database/postgres-folder.js';
import { type RunningServer, spawnServer } from '../../src/database/postgres-process.js';
import type { TestDatabase } from './database.js';
import { temporaryFolder } from './server-process.js';

const READY_MS = 30_000;
/** No test needs its data after a power cut. */
const THROW_AWAY = { fsync: 'off', full_page_writes: 'off', max_wal_senders: '4' };

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

interface Places {
  primary: DataFolder;
  standby: DataFolder;
  ports: { primary: number; standby: number };
  remove: () => void;
}

const ROLE = 'phoenix_test_server';
const DATABASE = 'phoenix';

const binaries = () => JSON.parse(process.env.PHOENIX_TEST_BINARIES ?? '') as Binaries;

const urlOf = (port: number, user: string, password: string, database = DATABASE) =>
  `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;

async function run<T>(url: string, statement: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(statement)).rows as T[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Waits until it works. */
async function eventually(work: () => Promise<unknown>, words: () => string): Promise<void> {
  for (const until = Date.now() + READY_MS; ; await pause(20))
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error(`waited in vain: ${words()}`, { cause: error });
    }
}

/** A PostgreSQL, and a second one that follows it by streaming replication. */
export class PrimaryAndStandby {
  private readonly running = new Map<DataFolder, RunningServer>();

  private constructor(private readonly places: Places) {}

  static async start(): Promise<PrimaryAndStandby> {
    const { folder, remove } = temporaryFolder();
    const primary = placeData(path.join(folder, 'primary'), () => undefined);
    const standby = { ...primary, folder: path.join(path.dirname(primary.folder), 'standby') };
    initialise(primary, binaries());
    const ports = { primary: await freePort(), standby: await freePort() };
    const pair = new PrimaryAndStandby({ primary, standby, ports, remove });
    try {
      await pair.makeBoth();
      return pair;
    } catch (error) {
      // A server that is left running would keep the tests from ending.
      await pair.stop();
      throw error;
    }
  }

  get database(): TestDatabase {
    const { primary } = this.places.ports;
    return {
      url: urlOf(primary, SUPERUSER, this.secret),
      serverUrl: urlOf(primary, ROLE, ROLE),
      drop: () => Promise.resolve(),
    };
  }

  /** The standby as the server reaches it. */
  get standbyUrl(): string {
    return urlOf(this.places.ports.standby, ROLE, ROLE);
  }

  async startStandby(): Promise<void> {
    const { standby, ports } = this.places;
    const server = this.spawn(standby, ports.standby);
    await eventually(
      () => this.onStandby('select 1'),
      () => server.lastWords(),
    );
  }

  async stopStandby(): Promise<void> {
    await this.running.get(this.places.standby)?.stop();
  }

  /** What is written on the primary stays unseen on the standby until `resume`. */
  async pause(): Promise<void> {
    await this.onStandby('select pg_wal_replay_pause()');
    for (const until = Date.now() + READY_MS; ; await pause(10)) {
      const [{ state }] = await this.onStandby<{ state: string }>(
        'select pg_get_wal_replay_pause_state() as state',
      );
      if (state === 'paused') return;
      if (Date.now() > until) throw new Error('the standby does not pause');
    }
  }

  /** Waits until the standby has everything. */
  async resume(): Promise<void> {
    await this.onStandby('select pg_wal_replay_resume()');
    const [{ here }] = await run<{ here: string }>(
      this.database.url,
      'select pg_current_wal_lsn()::text as here',
    );
    for (const until = Date.now() + READY_MS; ; await pause(10)) {
      const [{ done }] = await this.onStandby<{ done: boolean }>(
        `select pg_last_wal_replay_lsn() >= '${here}'::pg_lsn as done`,
      );
      if (done) return;
      if (Date.now() > until) throw new Error('the standby does not follow');
    }
  }

  /** The last statements of the server's connections to the standby. */
  async statements(): Promise<string[]> {
    const found = await this.onStandby<{ query: string }>(
      `select query from pg_stat_activity where application_name = 'phoenix-portal-replica'`,
    );
    return found.map(({ query }) => query);
  }

  async stop(): Promise<void> {
    for (const server of this.running.values()) await server.stop();
    this.places.remove();
  }

  private async makeBoth(): Promise<void> {
    const { primary, standby, ports } = this.places;
    // Its log is fit for a standby only once it has run.
    await this.startPrimary();
    await this.running.get(primary)?.stop();
    // A copy of a server that does not run is a base backup; cp keeps whose the files are.
    const { status, stderr } = spawnSync('cp', ['-a', primary.folder, standby.folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const source = `host=127.0.0.1 port=${ports.primary} user=${SUPERUSER} password=${this.secret}`;
    fs.appendFileSync(path.join(standby.folder, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
    fs.writeFileSync(path.join(standby.folder, 'standby.signal'), '');
    await this.startPrimary();
    await this.startStandby();
    const admin = urlOf(ports.primary, SUPERUSER, this.secret, 'postgres');
    await run(admin, `create role ${ROLE} login password '${ROLE}'`);
    await run(admin, `create database ${DATABASE}`);
  }

  private get secret(): string {
    return secretOf(this.places.primary.folder);
  }

  private async startPrimary(): Promise<void> {
    const { primary, ports } = this.places;
    const server = this.spawn(primary, ports.primary);
    const admin = urlOf(ports.primary, SUPERUSER, this.secret, 'postgres');
    await eventually(
      () => run(admin, 'select 1'),
      () => server.lastWords(),
    );
  }

  private spawn({ folder, account }: DataFolder, port: number): RunningServer {
    const server = spawnServer({ binaries: binaries(), folder, account, port, settings: THROW_AWAY });
    this.running.set(
      folder === this.places.primary.folder ? this.places.primary : this.places.standby,
      server,
    );
    return server;
  }

  private onStandby<T>(statement: string): Promise<T[]> {
    return run(urlOf(this.places.ports.standby, SUPERUSER, this.secret, 'postgres'), statement);
  }
}
