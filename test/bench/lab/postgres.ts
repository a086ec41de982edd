import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import { cpuOfFamily, parentOf } from '../measure/processes.js';

/**
 * As durable as PostgreSQL comes: fsync, synchronous commit and full page writes are on. The rest is what any operator
 * sets on a machine of some gigabytes, so that no checkpoint falls into a round of two seconds.
 */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', max_connections: '200' };

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The role that our server works with; its password is its name. Roles belong to the whole server: it stays. */
export const SERVER_ROLE = 'phoenix_bench_server';
const MAKE_SERVER_ROLE = `
  do $$ begin
    create role ${SERVER_ROLE} login password '${SERVER_ROLE}';
  exception when duplicate_object then null;
  end $$`;

/** The database server of a measurement: one of its own, or a given one, where it makes databases of its own. */
export class Postgres {
  private readonly names: string[] = [];

  private constructor(
    private readonly url: string,
    readonly version: string,
    /** null: it runs on another machine, and its CPU is not known. */
    private readonly postmaster: number | null,
    private readonly embedded: EmbeddedPostgres | null,
  ) {}

  /** @param folder for the data of a server of its own; not used with a given one. */
  static async start(folder: string, given: string | undefined): Promise<Postgres> {
    const embedded =
      given === undefined ? await EmbeddedPostgres.start({ dataDir: folder, settings: SETTINGS }) : null;
    const url = given ?? (embedded as EmbeddedPostgres).ownerUrl;
    return withClient(url, async (client) => {
      const { rows } = await client.query<{ pid: number; version: string; fsync: string }>(
        `select pg_backend_pid() as pid, current_setting('server_version') as version,
           current_setting('fsync') as fsync`,
      );
      const [{ pid, version, fsync }] = rows;
      await client.query(MAKE_SERVER_ROLE);
      return new Postgres(url, `${version}, fsync ${fsync}`, parentOf(pid), embedded);
    });
  }

  /** Seconds since its start, of all its processes. */
  cpu(): number {
    return this.postmaster === null ? NaN : cpuOfFamily(this.postmaster);
  }

  /** An empty database that goes away with us, or a copy of one. */
  async createDatabase(name: string, template?: string): Promise<string> {
    const unique = `bench_${name}_${randomBytes(4).toString('hex')}`;
    const from = template === undefined ? 'template0' : new URL(template).pathname.slice(1);
    await withClient(this.url, (client) => client.query(`create database ${unique} template ${from}`));
    this.names.push(unique);
    return Object.assign(new URL(this.url), { pathname: `/${unique}` }).href;
  }

  async stop(): Promise<void> {
    if (this.embedded !== null) return this.embedded.stop();
    await withClient(this.url, async (client) => {
      for (const name of this.names) await client.query(`drop database if exists ${name} with (force)`);
    });
  }
}
