import { once } from 'node:events';
import net from 'node:net';
import { Client } from 'pg';
import { migrate, MIGRATION_NAMES, revertLast } from '../../src/database/migrate.js';
import { splice } from '../support/cable.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

const LISTS = [
  `select concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, column_default, collation_name)
     from information_schema.columns where table_schema = 'public'`,
  `select indexdef from pg_indexes where schemaname = 'public'`,
  `select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace`,
  `select concat_ws(' ', oid::regclass, reloptions::text, relrowsecurity) from pg_class where relnamespace = 'public'::regnamespace`,
  `select concat_ws(' ', attrelid::regclass, attname, attoptions::text, attstorage) from pg_attribute
     where attnum > 0 and attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)`,
  `select concat_ws(' ', tablename, policyname, qual, with_check) from pg_policies where schemaname = 'public'`,
  `select md5(pg_get_functiondef(oid)) || ' ' || proname from pg_proc where pronamespace = 'public'::regnamespace`,
  `select concat_ws(' ', relname, n.name) from pg_class, (select name from migrations order by id) n where relname = 'migrations'`,
];

/** Everything that the catalogue knows of a schema. */
async function schemaOf({ url }: TestDatabase): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const lists = [];
    for (const text of LISTS) {
      const { rows } = await client.query<string[]>({ text: `${text} order by 1`, rowMode: 'array' });
      lists.push(...rows.map(([line]) => line));
    }
    return lists;
  } finally {
    await client.end();
  }
}

/** The way to a database, cut when something goes over it: for PostgreSQL that is a client that was killed. */
async function cutWhen(databaseUrl: string, isMoment: (sent: string) => boolean) {
  const target = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const listener = net.createServer((near) => {
    const far = net.connect(Number(target.port || 5432), target.hostname);
    // Before it goes on: what makes the moment does not arrive.
    near.on('data', (chunk) => {
      isCut ||= isMoment(chunk.toString('latin1'));
      if (isCut) for (const socket of sockets) socket.destroy();
    });
    splice(near, far, sockets);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(listener.address() as net.AddressInfo).port}`;
  return { url: url.href, close: () => listener.close() };
}

const nth = (count: number, pattern: RegExp) => {
  let seen = 0;
  return (sent: string) => pattern.test(sent) && ++seen === count;
};

describe('a start that ends in the middle of its migrations', () => {
  let fresh: TestDatabase;
  let tried: TestDatabase;
  beforeAll(async () => {
    // TypeORM tells of each that failed.
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    [fresh, tried] = [await emptyDatabase(), await emptyDatabase()];
    await migrate(fresh.url);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await fresh.drop();
    await tried.drop();
  });

  const startAndCut = async (isMoment: (sent: string) => boolean): Promise<void> => {
    const way = await cutWhen(tried.url, isMoment);
    await expect(migrate(way.url)).rejects.toThrow();
    way.close();
  };
  const migrations = async (): Promise<string[]> => {
    const client = new Client({ connectionString: tried.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string }>('select name from migrations order by id');
      return rows.map(({ name }) => name);
    } finally {
      await client.end();
    }
  };

  it('leaves each of them there or not', async () => {
    for (const count of MIGRATION_NAMES.keys()) {
      // In its middle, at its end, and right after it.
      await startAndCut(nth(count === 0 ? 3 : 1, /CREATE|ALTER|DROP|create|alter/));
      await startAndCut(nth(1, /INSERT INTO "migrations"/));
      expect(await migrations()).toEqual(MIGRATION_NAMES.slice(0, count));
      await startAndCut(nth(count === MIGRATION_NAMES.length - 1 ? 3 : 2, /START TRANSACTION|create policy/));
      expect(await migrations()).toEqual(MIGRATION_NAMES.slice(0, count + 1));
    }
  });

  it('is repeated, and the schema is in the end what a fresh database has', async () => {
    expect(await migrate(tried.url)).toEqual([]);
    expect(await schemaOf(tried)).toEqual(await schemaOf(fresh));
  });

  it('can be taken back one by one, and made again', async () => {
    const last = MIGRATION_NAMES.at(-1);
    expect(await revertLast(tried.url)).toEqual([last]);
    expect(await migrations()).toEqual(MIGRATION_NAMES.slice(0, -1));
    expect(await migrate(tried.url)).toEqual([last]);
    expect(await schemaOf(tried)).toEqual(await schemaOf(fresh));
  });
});
