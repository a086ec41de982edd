import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isMountPoint } from './mount-point.js';
import {
  type Account,
  assertAccountIsListed,
  chooseAccount,
  EmbeddedPostgresError,
  giveTo,
  makePassable,
  permits,
} from './postgres-account.js';
import type { Binaries } from './postgres-binaries.js';

/** Major versions cannot read each other's files, so each has a folder of its own. */
const FOLDER = 'pg18';
const SECRET = 'phoenix.secret';
export const SUPERUSER = 'phoenix';

/** Where root keeps what another account must reach. */
const SHARED_HOME = '/var/lib/phoenix-portal';

export interface DataFolder {
  /** PostgreSQL's own folder. */
  folder: string;
  account: Account;
  /** Where copies for that account may lie. */
  shared: string;
}

/** Settles where the data lies and whose it is. Makes the parent folder, not the data. */
export function placeData(dataDir: string, log: (line: string) => void): DataFolder {
  makePassable(path.resolve(dataDir));
  const parent = fs.realpathSync(dataDir);
  const folder = path.join(parent, FOLDER);
  const account = chooseAccount(folder);
  if (account.uid === undefined) return { folder, account, shared: parent };
  if (permits(account, 'cd "$1"', parent)) return { folder, account, shared: SHARED_HOME };

  const mark = crypto.createHash('sha256').update(parent).digest('hex').slice(0, 12);
  const reachable = path.join(SHARED_HOME, `data-${mark}`);
  makePassable(SHARED_HOME);
  makePassable(reachable);
  log(`PostgreSQL cannot run as root, and account ${account.uid} cannot reach ${parent}.`);
  log(`The database is therefore kept in ${reachable}.`);
  const moved = path.join(reachable, FOLDER);
  return { folder: moved, account: chooseAccount(moved), shared: SHARED_HOME };
}

/** The password of the one database account; it lies 0600 beside the data. */
export const secretOf = (folder: string): string => fs.readFileSync(path.join(folder, SECRET), 'utf8');

export const isInitialised = (folder: string): boolean => fs.existsSync(path.join(folder, 'PG_VERSION'));

/** All that is in it, too: PostgreSQL insists on owning its data. */
export function giveFolderTo(account: Account, folder: string): void {
  giveTo(account, folder);
  if (account.uid === undefined) return;
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    giveTo(account, path.join(folder, name));
}

/** Makes an empty cluster beside `folder` and renames it: a half-made one never looks like a whole one. */
export function initialise({ folder, account }: DataFolder, binaries: Binaries): void {
  if (account.uid === undefined) assertAccountIsListed();
  if (isMountPoint(folder))
    throw new EmbeddedPostgresError(
      `A volume is mounted at ${folder} itself, so that nothing can be moved there. Mount it at ${path.dirname(folder)}.`,
    );
  const draft = `${folder}.init`;
  const passwordFile = `${draft}.secret`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.rmSync(passwordFile, { force: true });
  fs.mkdirSync(draft, { mode: 0o700 });
  fs.writeFileSync(passwordFile, crypto.randomBytes(24).toString('base64url'), { mode: 0o600 });
  giveTo(account, draft);
  giveTo(account, passwordFile);

  const { status, stderr, error } = spawnSync(binaries.initdb, initdbArguments(draft, passwordFile), {
    ...account,
    cwd: path.parse(draft).root,
    env: postgresEnvironment(),
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new EmbeddedPostgresError(`initdb failed in ${draft}: ${error?.message ?? stderr.trim()}`);

  fs.renameSync(passwordFile, path.join(draft, SECRET));
  // An empty folder may stand in the way, made by hand.
  if (fs.existsSync(folder)) fs.rmdirSync(folder);
  fs.renameSync(draft, folder);
}

const initdbArguments = (folder: string, passwordFile: string): string[] => [
  `--pgdata=${folder}`,
  `--username=${SUPERUSER}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // The same order of text on every machine, whatever its C library.
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];

/** Nothing of our own environment: it holds secrets, and PG* variables would change what the server does. */
export const postgresEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  ...(process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot, TEMP: process.env.TEMP } : {}),
  LC_ALL: 'C',
  TZ: 'UTC',
});
