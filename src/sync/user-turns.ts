import { WorkQueue } from '../common/work-queue.js';

/** Pushes of one user that may wait for each other in this process. */
const DEPTH = 100;
/** After that a phone does better to come again. */
const WAIT_MS = 20_000;

/**
 * Lets the pushes of one user queue here, before they take a connection: waiting for the clock's lock with a connection
 * in hand, one busy account could take the whole pool from all others. The lock still orders several processes.
 */
export class UserTurns {
  private readonly queues = new Map<string, WorkQueue>();

  /** Of all users together. */
  get load(): { running: number; waiting: number } {
    const loads = Array.from(this.queues.values(), ({ load }) => load);
    return {
      running: loads.reduce((sum, { running }) => sum + running, 0),
      waiting: loads.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  /** @throws AppError sync.busy when the wait was too long; nothing was begun then. */
  async run<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const queue = this.queues.get(userId) ?? new WorkQueue(1, DEPTH, 1, WAIT_MS, 'sync.busy');
    this.queues.set(userId, queue);
    try {
      return await queue.run(work);
    } finally {
      if (queue.idle) this.queues.delete(userId);
    }
  }
}
