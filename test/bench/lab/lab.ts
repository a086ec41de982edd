import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrate } from '../../../src/database/migrate.js';
import type { Account } from '../driver/protocol.js';
import { insertAccounts, insertReferenceAccounts, makeAccounts, SECRET } from './accounts.js';
import { Driver } from './driver.js';
import { Postgres, withClient, SERVER_ROLE } from './postgres.js';
import { Server } from './server.js';

export type SubjectName = 'ours' | 'reference';

/** A server with its database. */
export interface Subject {
  name: SubjectName;
  server: Server;
  database: string;
}

export interface LabOptions {
  /** Folder of the compiled files of this run. */
  program: string;
  /** Folder of the project, whose dist/ is measured. */
  project: string;
  /** A PostgreSQL to use; undefined: one of our own. */
  database?: string;
  /** Where our server leaves profiles of its CPU, which make it slower; undefined: it makes none. */
  profile?: string;
}

/** A few accounts ask as fast as they can here, all from one address. Counted they are all the same: that costs too. */
const UNREACHABLE_LIMITS = Object.fromEntries(
  ['SYNC', 'UPLOADS', 'READS', 'ADDRESS'].map((name) => [`RATE_LIMIT_${name}_PER_MINUTE`, '1000000000']),
);

/** Everything a measurement needs, started once and taken away at its end, whatever the end. */
export class Lab {
  private readonly servers = new Set<Server>();
  private readonly drivers = new Set<Driver>();
  private subjects: Promise<Subject[]> | undefined;
  /** A migrated database without a user, for copies. */
  private template: Promise<string> | undefined;

  private constructor(
    private readonly options: LabOptions,
    private readonly folder: string,
    readonly postgres: Postgres,
  ) {}

  static async open(options: LabOptions): Promise<Lab> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-bench-'));
    // The account that PostgreSQL runs as must pass through.
    fs.chmodSync(folder, 0o711);
    try {
      const postgres = await Postgres.start(path.join(folder, 'postgres'), options.database);
      return new Lab(options, folder, postgres);
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.kill('drivers');
    await Promise.all([...this.servers].map((server) => server.stop()));
    await this.postgres.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** For an end without a wait: nothing we started may outlive us. */
  kill(what: 'drivers' | 'all' = 'all'): void {
    for (const driver of this.drivers) driver.end();
    if (what === 'all') for (const server of this.servers) server.kill();
  }

  /** Both servers, on databases of their own; started when first asked for. */
  both(): Promise<Subject[]> {
    this.subjects ??= this.startBoth();
    return this.subjects;
  }

  async ours(): Promise<Subject> {
    const [ours] = await this.both();
    return ours;
  }

  /** A migrated database, empty but for the row it starts with. */
  async migrated(name: string): Promise<string> {
    this.template ??= this.postgres.createDatabase('template').then(async (url) => {
      await migrate(url, SERVER_ROLE);
      return url;
    });
    return this.postgres.createDatabase(name, await this.template);
  }

  /** The built server as an operator runs it, with its defaults: one line of log per request, ten connections. Walled: as a role that
   * row-level security holds; else as the owner of the tables. */
  async startOurs(database: string, { isWalled = true } = {}): Promise<Server> {
    const { project, profile } = this.options;
    const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`];
    const role = Object.assign(new URL(database), { username: SERVER_ROLE, password: SERVER_ROLE }).href;
    const env = { NODE_ENV: 'production', DATABASE_OWNER_URL: isWalled ? database : '' };
    return this.start(path.join(project, 'dist/main.js'), isWalled ? role : database, env, flags);
  }

  async end(server: Server): Promise<void> {
    await server.stop();
    this.servers.delete(server);
  }

  driver(): Driver {
    const driver = Driver.start(this.options.program);
    this.drivers.add(driver);
    return driver;
  }

  /** New users with premium, known to all of the servers. */
  async accounts(count: number, subjects: readonly Subject[]): Promise<Account[]> {
    const accounts = makeAccounts(count);
    for (const { name, database } of subjects)
      await withClient(database, (client) =>
        name === 'ours' ? insertAccounts(client, accounts) : insertReferenceAccounts(client, accounts),
      );
    return accounts;
  }

  private async startBoth(): Promise<Subject[]> {
    const database = await this.migrated('ours');
    const ours = { name: 'ours' as const, server: await this.startOurs(database), database };
    const other = await this.postgres.createDatabase('reference');
    const program = path.join(this.options.program, 'test/bench/reference/main.js');
    const reference = {
      name: 'reference' as const,
      server: await this.start(program, other, {}),
      database: other,
    };
    return [ours, reference];
  }

  private async start(
    program: string,
    database: string,
    env: Record<string, string>,
    flags: readonly string[] = [],
  ): Promise<Server> {
    const server = await Server.start(program, {
      env: { DATABASE_URL: database, JWT_SECRET: SECRET, ...UNREACHABLE_LIMITS, ...env },
      cwd: this.folder,
      log: path.join(this.folder, 'servers.log'),
      flags,
    });
    this.servers.add(server);
    return server;
  }
}
