import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** No system gives out process numbers this large. */
const NOBODYS_PID = 99_999_999;

export interface Postmaster {
  pid: number;
  port: number;
}

function isNamedInCommand(folder: string, pid: number): boolean {
  if (process.platform === 'linux')
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(folder);
  return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout.includes(folder);
}

/** Whether that process is the server of `folder`. A zombie has no command line: it serves nobody. */
export function isServing(pid: number, folder: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform === 'win32') return true;
  try {
    return isNamedInCommand(folder, pid);
  } catch {
    return false;
  }
}

const fileOf = (folder: string) => path.join(folder, 'postmaster.pid');

/** Whether a server was started on `folder` and has not been stopped: it runs, or was killed, or runs in another container. */
export const wasLeftOpen = (folder: string): boolean => fs.existsSync(fileOf(folder));

/** The server that runs on `folder`, if this process can see it. Only looks. */
export function visibleServer(folder: string): Postmaster | undefined {
  if (!wasLeftOpen(folder)) return undefined;
  const lines = fs.readFileSync(fileOf(folder), 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return isServing(pid, folder) && port > 0 ? { pid, port } : undefined;
}

/**
 * The server that runs on `folder`, if any, for whoever is about to start one otherwise. A left-over file whose process number now
 * belongs to another program would stop PostgreSQL from starting, so that number is replaced. The file itself stays: PostgreSQL finds in it the shared
 * memory of processes that outlived a killed server, and waits for them.
 */
export function runningServer(folder: string): Postmaster | undefined {
  const visible = visibleServer(folder);
  if (visible !== undefined || !wasLeftOpen(folder)) return visible;
  const lines = fs.readFileSync(fileOf(folder), 'utf8').split('\n');
  if (lines.length > 1) fs.writeFileSync(fileOf(folder), [String(NOBODYS_PID), ...lines.slice(1)].join('\n'));
  return undefined;
}
