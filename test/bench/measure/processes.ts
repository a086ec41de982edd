import fs from 'node:fs';

/** Ticks a second in /proc (USER_HZ). The kernel has told programs 100 since the beginning, whatever its own clock. */
const TICKS = 100;
const KIB = 1024;

/** Fields of /proc/PID/stat after the name in parentheses, which may hold spaces itself. */
const FIELD = { parent: 1, user: 11, system: 12, reapedUser: 13, reapedSystem: 14 } as const;

function statOf(pid: number | string): string[] | null {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended.
    return null;
  }
}

const ticks = (stat: readonly string[], ...fields: number[]) =>
  fields.reduce((sum, field) => sum + Number(stat[field]), 0);

/** User and system CPU seconds of one process since its start. */
export function cpuOf(pid: number): number {
  const stat = statOf(pid);
  return stat === null ? NaN : ticks(stat, FIELD.user, FIELD.system) / TICKS;
}

/**
 * User and system CPU seconds of a process, of the children it has reaped and of those it has: all of a PostgreSQL server,
 * with its background processes.
 */
export function cpuOfFamily(pid: number): number {
  const own = statOf(pid);
  if (own === null) return NaN;
  let sum = ticks(own, FIELD.user, FIELD.system, FIELD.reapedUser, FIELD.reapedSystem);
  for (const name of fs.readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : null;
    if (stat !== null && Number(stat[FIELD.parent]) === pid) sum += ticks(stat, FIELD.user, FIELD.system);
  }
  return sum / TICKS;
}

/** null where there is no such process here: the server runs on another machine. */
export function parentOf(pid: number): number | null {
  const stat = statOf(pid);
  return stat === null ? null : Number(stat[FIELD.parent]);
}

/** Resident memory of a process, in bytes; NaN once it has ended. */
export function memoryOf(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * KIB;
  } catch {
    return NaN;
  }
}

const SAMPLE_MS = 20;

/** The largest resident memory of a process while something happens, in bytes. */
export async function peakMemory<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ peak: number; result: T }> {
  let peak = memoryOf(pid);
  const timer = setInterval(() => (peak = Math.max(peak, memoryOf(pid))), SAMPLE_MS);
  try {
    const result = await work();
    return { peak: Math.max(peak, memoryOf(pid)), result };
  } finally {
    clearInterval(timer);
  }
}
