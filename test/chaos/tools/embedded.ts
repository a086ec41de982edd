import fs from 'node:fs';
import path from 'node:path';
import type { Home } from './cluster.js';

/** Where PostgreSQL lies in DATA_DIR, as docs/operations.md says. */
export const embeddedData = (dataDir: string): string => path.join(dataDir, 'pg18');

const pidFile = (dataDir: string): string[] =>
  fs.readFileSync(path.join(embeddedData(dataDir), 'postmaster.pid'), 'utf8').split('\n');

export const embeddedPostmaster = (dataDir: string): number => Number(pidFile(dataDir)[0]);

/** The address of a running one. */
export function embeddedHome(dataDir: string): Home {
  const secret = fs.readFileSync(path.join(embeddedData(dataDir), 'phoenix.secret'), 'utf8').trim();
  const url = `postgres://phoenix:${secret}@127.0.0.1:${pidFile(dataDir)[3]}/phoenix`;
  return { url, ownerUrl: url, adminUrl: url };
}
