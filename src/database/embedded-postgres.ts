import { createHmac } from 'node:crypto';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { assertNoneIsMissing } from './beside-folder.js';
import { isHeld } from './folder-lock.js';
import { EmbeddedPostgresError } from './postgres-account.js';
import { type Binaries, findBinaries } from './postgres-binaries.js';
import {
  type DataFolder,
  initialise,
  isInitialised,
  placeData,
  secretOf,
  SUPERUSER,
} from './postgres-folder.js';
import { type RunningServer, spawnServer, watchServer } from './postgres-process.js';
import { runningServer, visibleServer } from './postmaster-file.js';
import { withLock } from './start-lock.js';

export interface EmbeddedOptions {
  /** Holds the data, in a folder per major version. */
  dataDir: string;
  /** Server settings on top of PostgreSQL's own, which are durable. */
  settings?: Readonly<Record<string, string>>;
  log?: (line: string) => void;
}

const DATABASE = 'phoenix';
const SERVER_ROLE = 'phoenix_server';
const CONNECT_RETRY_MS = 15;
/** Recovery after a crash replays the log first; a large one takes its time. */
const READY_TIMEOUT_MS = 5 * 60_000;
/** How long a new server may fail because of the last one: its port, its lock file, its memory. */
const TAKEOVER_TIMEOUT_MS = 30_000;
const TAKEOVER_RETRY_MS = 100;
/** Longer than a container takes to stop that is being replaced by this one. */
const OTHERS_END_MS = 60_000;
const TAKEOVER = /lock file ".*" already exists|shared memory block|could not bind|could not create any TCP/;
const RESTART_PAUSE_MS = 1000;

/**
 * PostgreSQL from the binaries of an npm package, below this process. Promises: nothing outlives this process; a second
 * process on the same folder uses the same server; a server that dies is started again on the same port, also by a
 * process that had only been using it, so that connection pools recover by themselves.
 */
export class EmbeddedPostgres {
  private port: number | undefined;
  private stopped = false;
  private current: Promise<RunningServer>;

  private constructor(
    private readonly place: DataFolder,
    private readonly binaries: Binaries,
    private readonly options: EmbeddedOptions,
  ) {}

  static start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const place = placeData(options.dataDir, (line) => options.log?.(line));
    return EmbeddedPostgres.startAt(place, options);
  }

  /** In a folder that is settled already. */
  static async startAt(place: DataFolder, options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const server = new EmbeddedPostgres(place, await findBinaries(place.account, place.shared), options);
    server.current = server.run();
    void server.supervise(await server.current);
    return server;
  }

  get folder(): string {
    return this.place.folder;
  }

  /** As the role that owns everything. */
  get ownerUrl(): string {
    return urlOf(SUPERUSER, this.port ?? 0, secretOf(this.folder), DATABASE);
  }

  /** As the role that the server works with; see wall.ts. */
  get url(): string {
    return urlOf(SERVER_ROLE, this.port ?? 0, serverSecretOf(secretOf(this.folder)), DATABASE);
  }

  /** Stops the server if it is ours. Close connections first: it ends the others. */
  async stop(): Promise<void> {
    this.stopped = true;
    const running = await this.current.catch(() => undefined);
    await running?.stop();
  }

  /** One start at a time per folder; the lock is held until the server answers. */
  private run(): Promise<RunningServer> {
    return withLock(`${this.folder}.lock`, async () => {
      if (!isInitialised(this.folder)) {
        assertNoneIsMissing(this.folder);
        initialise(this.place, this.binaries);
      }
      const running = (await this.join()) ?? (await this.launch());
      this.port = running.port;
      return running;
    });
  }

  private async supervise(running: RunningServer): Promise<void> {
    await running.ended;
    while (!this.stopped) {
      this.options.log?.(['PostgreSQL has ended; starting it again.', ...graveWords(running)].join('\n'));
      this.current = this.run();
      try {
        return await this.supervise(await this.current);
      } catch (error) {
        this.options.log?.(`PostgreSQL did not start: ${(error as Error).message}`);
        await pause(RESTART_PAUSE_MS, undefined, { ref: false });
      }
    }
  }

  private async join(): Promise<RunningServer | undefined> {
    if (visibleServer(this.folder) === undefined) await this.untilFree();
    const found = runningServer(this.folder);
    if (found === undefined) return undefined;
    const running = watchServer(found, this.folder);
    return (await this.isReady(running)) ? running : undefined;
  }

  /** Two servers on one folder destroy it, and one in another container is not to be seen, only its lock. */
  private async untilFree(): Promise<void> {
    const deadline = Date.now() + OTHERS_END_MS;
    for (let waited = false; isHeld(this.folder); waited = true) {
      if (!waited) this.options.log?.(`waiting for another server to leave ${this.folder}`);
      if (Date.now() > deadline)
        throw new EmbeddedPostgresError(
          `Another server, probably in another container, has ${this.folder}. Stop it, or give this one a DATA_DIR of its own.`,
        );
      await pause(TAKEOVER_RETRY_MS);
    }
  }

  private async launch(): Promise<RunningServer> {
    const { folder, account } = this.place;
    const { settings = {} } = this.options;
    for (const deadline = Date.now() + TAKEOVER_TIMEOUT_MS; ;) {
      const port = this.port ?? (await freePort());
      const running = spawnServer({ binaries: this.binaries, folder, account, port, settings });
      if (await this.isReady(running)) return running;
      const words = running.lastWords();
      if (!TAKEOVER.test(words) || Date.now() > deadline)
        throw new EmbeddedPostgresError(`PostgreSQL does not start in ${folder}:\n${words}`);
      await pause(TAKEOVER_RETRY_MS);
    }
  }

  /** Waits until the server answers and our database exists. False: it ended before. */
  private async isReady(running: RunningServer): Promise<boolean> {
    const secret = secretOf(this.folder);
    const url = urlOf(SUPERUSER, running.port, secret, 'postgres');
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!running.hasEnded()) {
      try {
        await ensureDatabase(url, serverSecretOf(secret));
        return true;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await pause(CONNECT_RETRY_MS);
      }
    }
    return false;
  }
}

const graveWords = (server: RunningServer) =>
  server
    .lastWords()
    .split('\n')
    .filter((line) => /FATAL|PANIC/.test(line));

const urlOf = (role: string, port: number, secret: string, database: string) =>
  `postgres://${role}:${secret}@127.0.0.1:${port}/${database}`;

const serverSecretOf = (secret: string): string =>
  createHmac('sha256', secret).update(SERVER_ROLE).digest('base64url');

/** The password is set each time: a folder that was restored may have brought another. */
const SERVER_ROLE_SQL = (password: string) => `
  do $$ begin
    if not exists (select from pg_roles where rolname = '${SERVER_ROLE}') then create role ${SERVER_ROLE}; end if;
  end $$;
  alter role ${SERVER_ROLE} login nosuperuser nobypassrls nocreatedb nocreaterole password '${password}'`;

async function ensureDatabase(url: string, serverPassword: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // A connection that breaks between two statements reports it here as well as to the statement.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    await client.query(SERVER_ROLE_SQL(serverPassword));
  } finally {
    await client.end().catch(() => undefined);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
