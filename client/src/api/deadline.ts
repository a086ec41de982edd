import { PortalError } from './portal-error.js';
import type { CallOptions } from './sync-api.js';

/** Beyond this timers end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` until it is done, its time is over or the caller's signal fires: the body of an answer is part of it. What
 * comes first decides, also where a fetch does not heed its signal.
 * @throws PortalError client.timeout, client.aborted
 */
export async function withDeadline<T>(
  { signal, timeoutMs }: CallOptions & { timeoutMs: number },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw new PortalError('client.aborted', { cause: signal.reason });
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cancel: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    const stop = (error: PortalError) => {
      reject(error);
      controller.abort();
    };
    cancel = () => stop(new PortalError('client.aborted', { cause: signal?.reason }));
    if (timeoutMs <= LONGEST_TIMER_MS)
      timer = setTimeout(() => stop(new PortalError('client.timeout')), timeoutMs);
  });
  signal?.addEventListener('abort', cancel as () => void);
  try {
    return await Promise.race([work(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel as () => void);
  }
}
