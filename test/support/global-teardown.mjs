import fs from 'node:fs';
import { Client } from 'pg';

/** Leaves nothing behind: neither databases on a server that is not ours, nor a server or folder that is. */
export default async function teardown() {
  const { server, dataDir, sources, run, url } = globalThis.phoenixTest;
  if (server === undefined) {
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const { rows } = await admin.query('select datname from pg_database where starts_with(datname, $1)', [
      run,
    ]);
    for (const { datname } of rows) await admin.query(`drop database if exists "${datname}" with (force)`);
    await admin.end();
  } else {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
  fs.rmSync(sources, { recursive: true, force: true });
}
