import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;

/** Waits for something that a process does; ms it took. @throws Error that says what never came */
export async function until(
  what: string,
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > limitMs) throw new Error(`${what} did not come in ${limitMs / 1000} s`);
    await pause(POLL_MS);
  }
  return performance.now() - began;
}
