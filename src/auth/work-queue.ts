import { AppError } from '../common/app-error.js';

/** A bounded queue: at most `width` pieces of work at once, at most `depth` waiting, the rest refused. */
export class WorkQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly depth: number,
    /** Said to who is refused. */
    private readonly retryAfterSeconds: number,
  ) {}

  /** @throws AppError server.unavailable when the queue is full; nothing was begun then. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.width) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      // The place is handed on rather than freed, so that nobody who comes now overtakes who waits.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.depth)
      throw new AppError('server.unavailable', { retryAfterSeconds: this.retryAfterSeconds });
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
