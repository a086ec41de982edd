import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { compileSources } from './compile-sources.mjs';

/** No test needs its data after a power cut. */
const THROW_AWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};
const FOLDER = 'phoenix-test-';
const SOURCES = 'test-setup-';
const LEFT_OVER_MS = 24 * 60 * 60_000;

/** Folders of runs that were killed: their servers are gone, nobody else removes them. */
function removeLeftOvers(parent, prefix) {
  for (const name of fs.existsSync(parent) ? fs.readdirSync(parent) : []) {
    const folder = path.join(parent, name);
    if (name.startsWith(prefix) && Date.now() - fs.statSync(folder).mtimeMs > LEFT_OVER_MS)
      fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Roles belong to the whole server: runs at the same time share this one. Its password is its name. */
const SERVER_ROLE = 'phoenix_test_server';
const MAKE_SERVER_ROLE = `
  do $$ begin
    create role ${SERVER_ROLE} login password '${SERVER_ROLE}';
  exception when duplicate_object or unique_violation then null;
  end $$`;

const withDatabase = (url, name) => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/**
 * One PostgreSQL for the run (TEST_DATABASE_URL, or an embedded one in a folder of its own) with one migrated database
 * that every test file clones: see database.ts. Runs at the same time do not meet.
 */
export default async function setup() {
  removeLeftOvers(os.tmpdir(), FOLDER);
  removeLeftOvers(path.resolve('build'), SOURCES);
  const sources = compileSources(`${SOURCES}${process.pid}`);
  const run = `phoenix_test_${crypto.randomBytes(4).toString('hex')}`;
  const state = { sources, run, template: `${run}_template`, server: undefined, dataDir: undefined };
  globalThis.phoenixTest = state;

  let url = process.env.TEST_DATABASE_URL;
  if (!url) {
    const { EmbeddedPostgres } = await import(path.join(sources, 'database/embedded-postgres.js'));
    state.dataDir = path.join(os.tmpdir(), `${FOLDER}${process.pid}-${run}`);
    state.server = await EmbeddedPostgres.start({ dataDir: state.dataDir, settings: THROW_AWAY });
    url = state.server.ownerUrl;
  }
  state.url = url;

  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${state.template}`);
  await admin.query(MAKE_SERVER_ROLE);
  await admin.end();
  const { migrate } = await import(path.join(sources, 'database/migrate.js'));
  await migrate(withDatabase(url, state.template), SERVER_ROLE);

  // For tests that start servers of their own: jest cannot load the package that has them.
  const { findBinaries } = await import(path.join(sources, 'database/postgres-binaries.js'));
  const { placeData } = await import(path.join(sources, 'database/postgres-folder.js'));
  const { account, shared } = placeData(os.tmpdir(), () => undefined);
  process.env.PHOENIX_TEST_BINARIES = JSON.stringify(await findBinaries(account, shared));

  // Read by database.ts in the workers.
  process.env.PHOENIX_TEST_SERVER = url;
  process.env.PHOENIX_TEST_RUN = run;
  process.env.PHOENIX_TEST_ROLE = SERVER_ROLE;
}
