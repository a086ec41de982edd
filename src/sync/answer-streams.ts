import type { Readable } from 'node:stream';
import { AppError } from '../common/app-error.js';
import { WorkQueue } from '../common/work-queue.js';

/** How many may wait for their turn, and how long. */
const WAITING = 100;
const WAIT_MS = 20_000;
const RETRY_SECONDS = 5;
/** Two devices that begin anew, and what one of them has left on a network it is no longer in. */
const OF_ONE_ACCOUNT = 3;
/**
 * Whatever moves: read a byte at a time an answer would hold a connection, and the rows PostgreSQL must keep for it, for
 * days. 10 MB, a whole account packed, need 90 kbit/s. A slower phone asks for pages (`limit`).
 */
const LONGEST_MS = 15 * 60_000;

/**
 * Turns for answers that are streamed: each keeps a connection to PostgreSQL until its reader is done. A phone on a bad
 * network reads slowly, so half the pool stays free for everybody else.
 */
export class AnswerStreams {
  private readonly turns: WorkQueue;
  private readonly ofAccount = new Map<string, number>();

  constructor(
    poolSize: number,
    private readonly longestMs = LONGEST_MS,
  ) {
    this.turns = new WorkQueue(Math.ceil(poolSize / 2), WAITING, RETRY_SECONDS, WAIT_MS);
  }

  get load(): WorkQueue['load'] {
    return this.turns.load;
  }

  /**
   * Waits for a turn; whoever gets one calls what it gets, once.
   * @throws AppError sync.busy when this account has its share already, server.unavailable when the wait was too long
   */
  async enter(userId: string): Promise<() => void> {
    const others = this.ofAccount.get(userId) ?? 0;
    if (others >= OF_ONE_ACCOUNT) throw new AppError('sync.busy', { retryAfterSeconds: RETRY_SECONDS });
    this.ofAccount.set(userId, others + 1);
    try {
      const leave = await this.turns.enter();
      return () => {
        leave();
        this.forget(userId);
      };
    } catch (error) {
      this.forget(userId);
      throw error;
    }
  }

  /** Cuts an answer that takes too long: its reader sees that it is not whole. */
  bound(answer: Readable): Readable {
    const timer = setTimeout(() => answer.destroy(new AppError('server.unavailable')), this.longestMs);
    return answer.once('close', () => clearTimeout(timer.unref()));
  }

  private forget(userId: string): void {
    const left = (this.ofAccount.get(userId) ?? 1) - 1;
    if (left === 0) this.ofAccount.delete(userId);
    else this.ofAccount.set(userId, left);
  }
}
