import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface TestDatabase {
  /** As the owner of the tables. */
  url: string;
  /** As the role that the server works with. */
  serverUrl: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing: run the tests with npm test`);
  return value;
}

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: required('PHOENIX_TEST_SERVER') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function create(suffix: string, template: string): Promise<TestDatabase> {
  const name = `${required('PHOENIX_TEST_RUN')}_w${process.env.JEST_WORKER_ID ?? '0'}_${suffix}`;
  await onServer(`create database ${name} template ${template}`);
  const url = new URL(required('PHOENIX_TEST_SERVER'));
  url.pathname = `/${name}`;
  const server = new URL(url);
  server.username = server.password = required('PHOENIX_TEST_ROLE');
  return {
    url: url.href,
    serverUrl: server.href,
    drop: () => onServer(`drop database if exists ${name} with (force)`),
  };
}

/** A migrated database of one's own, with the one row it starts with and no user. */
export const cloneDatabase = (): Promise<TestDatabase> =>
  create(randomBytes(4).toString('hex'), `${required('PHOENIX_TEST_RUN')}_template`);

/** A database without any table, for tests of the migrations. */
export const emptyDatabase = (): Promise<TestDatabase> =>
  create(`${randomBytes(4).toString('hex')}_empty`, 'template0');
