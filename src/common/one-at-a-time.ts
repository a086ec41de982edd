import { AppError, type ErrorCode } from './app-error.js';
import { WorkQueue } from './work-queue.js';

/** Most wait for a fraction of a second: what is long and heavy is so for few accounts. */
const WAIT_MS = 10_000;
const WAITING = 32;
const RETRY_AFTER_SECONDS = 30;

/** Places for work that may be long and heavy: a few at once in this process, and one of each account. */
export class OneAtATime {
  private readonly accounts = new Set<string>();
  private readonly places: WorkQueue;

  constructor(
    places: number,
    /** Said to an account that has one running, or waiting. */
    private readonly code: ErrorCode,
    { waiting = WAITING, waitMs = WAIT_MS } = {},
  ) {
    this.places = new WorkQueue(places, waiting, RETRY_AFTER_SECONDS, waitMs);
  }

  /**
   * Waits for a place.
   * @param signal aborted when the one who asked is gone: place and account are free at once, and nothing is begun for nobody
   * @returns gives the place back; may be called more than once
   * @throws AppError the code, or server.unavailable when too many wait, or no place becomes free in time
   */
  async enter(userId: string, signal?: AbortSignal): Promise<() => void> {
    if (this.accounts.has(userId)) throw new AppError(this.code);
    this.accounts.add(userId);
    try {
      const leave = await this.places.enter(signal);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        this.accounts.delete(userId);
        leave();
      };
    } catch (error) {
      this.accounts.delete(userId);
      throw error;
    }
  }
}
