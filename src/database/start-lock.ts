import crypto from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const RETRY_MS = 25;
/** Longer than any start takes: an older lock is left over, even if its process number lives on as something else. */
const STALE_MS = 10 * 60_000;

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Marks of locks that this very process holds: after a restart in a container the same process number means nothing. */
const held = new Set<string>();

function take(lock: string, mark: string): boolean {
  const draft = `${lock}.${crypto.randomUUID()}`;
  fs.writeFileSync(draft, mark);
  try {
    // A hard link appears with its content, which an exclusive open does not.
    fs.linkSync(draft, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    fs.rmSync(draft);
  }
}

function isStale(lock: string, mark: string): boolean {
  const pid = Number(mark.split(' ')[0]);
  if (pid === process.pid) return !held.has(mark);
  return !exists(pid) || Date.now() - fs.statSync(lock).mtimeMs > STALE_MS;
}

/** Removes a lock whose owner is gone. The rename decides between several that try; a fresh lock is put back. */
function clearIfStale(lock: string): void {
  try {
    const mark = fs.readFileSync(lock, 'utf8');
    if (!isStale(lock, mark)) return;
    const aside = `${lock}.${crypto.randomUUID()}`;
    fs.renameSync(lock, aside);
    if (fs.readFileSync(aside, 'utf8') !== mark) fs.linkSync(aside, lock);
    fs.rmSync(aside);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
}

/** Runs `work` while no other process holds `lock`, a file. Waits for as long as it is held by a living process. */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const mark = `${process.pid} ${crypto.randomUUID()}`;
  held.add(mark);
  try {
    while (!take(lock, mark)) {
      clearIfStale(lock);
      await pause(RETRY_MS);
    }
    try {
      return await work();
    } finally {
      fs.rmSync(lock, { force: true });
    }
  } finally {
    held.delete(mark);
  }
}
