import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

/** Who PostgreSQL runs as, as spawn options: it refuses to run as root. Empty: the account of this process. */
export interface Account {
  uid?: number;
  gid?: number;
}

/** A reason why the embedded PostgreSQL cannot run here; the message says what to do instead. */
export class EmbeddedPostgresError extends Error {}

const isRoot = () => process.getuid?.() === 0;

function ownerOf(folder: string): Account | undefined {
  try {
    const { uid, gid } = fs.statSync(folder);
    return { uid, gid };
  } catch {
    return undefined;
  }
}

function accountNamed(name: string): Account | undefined {
  const line = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The account for the server in `folder`: its owner where it exists, because PostgreSQL insists on owning its data. */
export function chooseAccount(folder: string): Account {
  const owner = ownerOf(folder);
  if (!isRoot()) {
    const self = process.getuid?.();
    if (owner !== undefined && self !== undefined && owner.uid !== self)
      throw new EmbeddedPostgresError(
        `${folder} belongs to account ${owner.uid}, but this process runs as ${self}. ` +
          'Run it as the owner, name another DATA_DIR, or set DATABASE_URL.',
      );
    return {};
  }
  if (owner !== undefined && owner.uid !== 0) return owner;
  const account = accountNamed('postgres') ?? accountNamed('nobody');
  if (account === undefined)
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and there is neither an account "postgres" nor "nobody". Set DATABASE_URL.',
    );
  return account;
}

/** initdb looks its account up by number; the ids that some container platforms make up are in no list. */
export function assertAccountIsListed(): void {
  try {
    os.userInfo();
  } catch {
    throw new EmbeddedPostgresError(
      `The account ${process.getuid?.()} has no entry in /etc/passwd, without which PostgreSQL cannot make a new ` +
        'database. Add an entry, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
}

/** Tries it out as that account (`$1` is `place`), because modes alone say nothing of ACLs or mounts. */
export function permits(account: Account, shellTest: string, place: string): boolean {
  const { status, error } = spawnSync('/bin/sh', ['-c', shellTest, 'sh', place], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  if (error !== undefined && isRefusal(error)) throw cannotBecome(account, error);
  return status === 0;
}

/** Hands a file or folder over where the server runs as another account. */
export function giveTo({ uid, gid }: Account, place: string): void {
  if (uid === undefined || gid === undefined) return;
  try {
    fs.chownSync(place, uid, gid);
  } catch (error) {
    throw isRefusal(error) ? cannotBecome({ uid, gid }, error) : error;
  }
}

/** EINVAL: the account does not exist in this user namespace. */
const isRefusal = (error: unknown) =>
  ['EPERM', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '');

const cannotBecome = ({ uid }: Account, cause: unknown) =>
  new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and this root (of a rootless container?) may not use account ${uid} instead. ` +
      'Run this as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
    { cause },
  );

/** Makes a folder that other accounts may pass through but not look around in, whatever the umask says. */
export function makePassable(folder: string): void {
  if (fs.existsSync(folder)) return;
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o711);
}
