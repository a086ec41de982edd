import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { readBackup, type ReadOptions } from './backup-archive.js';
import { syncFolder } from './backup-file.js';
import { isMissing, makeDraft, putInPlace, removeLeftOvers } from './beside-folder.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { holdFolder, isHeld } from './folder-lock.js';
import { isMountPoint } from './mount-point.js';
import { type DataFolder, giveFolderTo, isInitialised, placeData } from './postgres-folder.js';
import { visibleServer, wasLeftOpen } from './postmaster-file.js';
import { withLock } from './start-lock.js';

/** Why a backup is not restored here; the message says what to do. */
export class RestoreRefused extends Error {}

export interface RestoreOptions extends Omit<ReadOptions, 'into'> {
  dataDir: string;
  file: string;
  /** Puts a database that is there aside instead of refusing. */
  force: boolean;
  log: (line: string) => void;
  /** What to do to the restored database before any server may use it. */
  prepare: (client: Client) => Promise<void>;
}

/**
 * Makes a backup the embedded database. It is unpacked, checked, started and prepared beside the place where it belongs, and
 * moved there at the end: whatever happens, there is one whole database or the other, in its place or beside it.
 * @returns where the database was put that was there before, if there was one
 */
export async function restoreBackup(options: RestoreOptions): Promise<string | null> {
  const place = placeData(options.dataDir, options.log);
  const { folder } = place;
  refuseUnmovable(folder);
  refuseToOverwrite(folder, options.force);
  const hold = await holdFolder(path.dirname(folder));
  if (hold === null)
    throw new RestoreRefused(
      `Another restore into ${path.dirname(folder)} is at work, here or in another container. Wait for it, then look again.`,
    );
  try {
    if (hold.keepsOthersOut) removeLeftOvers(folder, 'restoring');
    // Where the database is missing, it may be the only one that is whole: it stays until there is another.
    if (hold.keepsOthersOut && !isMissing(folder)) removeLeftOvers(folder, 'prepared');
    const aside = await restoreInto(place, options);
    if (hold.keepsOthersOut) removeLeftOvers(folder, 'prepared');
    return aside;
  } finally {
    await hold.release();
  }
}

async function restoreInto(place: DataFolder, options: RestoreOptions): Promise<string | null> {
  const { folder } = place;
  const draft = makeDraft(folder);
  try {
    await readBackup(options.file, { ...options, into: draft });
    refuseOtherVersion(folder, draft);
    giveFolderTo(place.account, draft);
    await prepare({ ...place, folder: draft }, options);
    options.signal.throwIfAborted();
    // Against servers that start. One that has the lock gets to its end, and then runs: waiting is short.
    return await withLock(`${folder}.lock`, async () => {
      refuseToOverwrite(folder, options.force);
      const aside = putInPlace(draft, folder);
      await syncFolder(path.dirname(folder));
      return aside;
    });
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
    fs.rmSync(`${draft}.lock`, { force: true });
  }
}

/** Told before the work rather than after it. */
function refuseUnmovable(folder: string): void {
  if (isMountPoint(folder))
    throw new RestoreRefused(
      `A volume is mounted at ${folder} itself, so that nothing can be moved there. Mount it at ${path.dirname(folder)}; ` +
        `or restore with another DATA_DIR, and copy what is in its ${path.basename(folder)} into the volume.`,
    );
  if (fs.existsSync(folder) && !isInitialised(folder) && fs.readdirSync(folder).length > 0)
    throw new RestoreRefused(`There are files in ${folder} that are no database. Move them elsewhere first.`);
}

function refuseToOverwrite(folder: string, force: boolean): void {
  if (visibleServer(folder) !== undefined)
    throw new RestoreRefused(`The database in ${folder} is running. Stop the server first.`);
  if (isHeld(folder))
    throw new RestoreRefused(
      `The database in ${folder} is running where this command cannot see it, in another container. Stop that server first.`,
    );
  // Without locks, a process in another container is not to be seen, and its file not to be touched.
  if (wasLeftOpen(folder) && !force)
    throw new RestoreRefused(
      `The database in ${folder} was not stopped in order, or runs where this command cannot see it, in another container. ` +
        'See that none runs; with --force it is put aside, beside it, and the backup takes its place.',
    );
  if (isInitialised(folder) && !force)
    throw new RestoreRefused(
      `There is a database in ${folder}. With --force it is put aside, beside it, and the backup takes its place.`,
    );
}

/** PostgreSQL's major version is part of the folder's name: pg18. */
function refuseOtherVersion(folder: string, draft: string): void {
  const version = fs.readFileSync(path.join(draft, 'PG_VERSION'), 'utf8').trim();
  if (path.basename(folder) !== `pg${version}`)
    throw new RestoreRefused(
      `The backup is of PostgreSQL ${version}; this version of the program has ${path.basename(folder).slice(2)}.`,
    );
}

/** The first start replays the log, which makes one state of the files. */
async function prepare(place: DataFolder, { log, prepare: work }: RestoreOptions): Promise<void> {
  const server = await EmbeddedPostgres.startAt(place, { dataDir: place.folder, log });
  try {
    const client = new Client({ connectionString: server.ownerUrl, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
}
