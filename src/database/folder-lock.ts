import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

/** In PostgreSQL's own folder: its account makes it, and whoever has the folder has the file. */
export const lockFileOf = (folder: string): string => path.join(folder, 'phoenix.lock');

/**
 * For the shell that starts PostgreSQL, before it does: takes the lock and keeps it open on descriptor 9, also in PostgreSQL,
 * so that it is held exactly as long as one of them lives. A lock of the kernel holds across containers, in which process numbers
 * mean nothing, and ends with its holders, however they end. Systems without `flock` (macOS, Windows) go without.
 */
export const TAKE_LOCK = `
if command -v flock >/dev/null 2>&1; then
  exec 9>>"$lock" && flock -n 9 || { echo 'lock file "phoenix.lock" already exists' >&2; exit 1; }
fi`;

/** Whether a PostgreSQL that was started by this program runs on the folder, in this container or another. */
export function isHeld(folder: string): boolean {
  const file = lockFileOf(folder);
  if (!fs.existsSync(file)) return false;
  // 1: held. Without `flock` there is no status, and nobody has locked it.
  return spawnSync('flock', ['-n', file, 'true'], { stdio: 'ignore' }).status === 1;
}

export interface Hold {
  /** False where nobody could be kept out: without `flock`, or on a file system that has no locks. */
  keepsOthersOut: boolean;
  release: () => Promise<void>;
}

/**
 * Locks a folder as a whole, for a longer work beside a database; nothing is left in it. A process of its own has the lock and
 * ends with this one, however this one ends; in a session of its own, for Ctrl-C must reach the work before the lock.
 * @returns null: another has it, in this container or another
 */
export async function holdFolder(folder: string): Promise<Hold | null> {
  const holder = spawn('flock', ['-n', folder, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  holder.stdin.on('error', () => undefined);
  const ended = once(holder, 'close').then(
    ([code]) => code as number | null,
    () => null,
  );
  const code = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), ended]);
  if (code === 1) return null;
  return {
    keepsOthersOut: code === 'held',
    release: async () => {
      holder.stdin.end();
      await ended;
    },
  };
}
