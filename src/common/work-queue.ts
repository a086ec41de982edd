import { AppError } from './app-error.js';

/** A bounded queue: at most `width` pieces of work at once, at most `depth` waiting, the rest refused. */
export class WorkQueue {
  private running = 0;
  /** Each begins what waits. */
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly depth: number,
    /** Said to who is refused. */
    private readonly retryAfterSeconds: number,
    /** Longest wait; without it, until a place is free. */
    private readonly waitMs?: number,
    private readonly code: 'server.unavailable' | 'sync.busy' = 'server.unavailable',
  ) {}

  /** How many run, how many wait. */
  get load(): { running: number; waiting: number } {
    return { running: this.running, waiting: this.waiting.length };
  }

  /** Nothing runs and nobody waits. */
  get idle(): boolean {
    return this.running === 0;
  }

  /** @throws AppError when the queue is full or the wait was too long; nothing was begun then. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.tryToEnter()) await this.turn();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /**
   * For work that is no single promise, such as a stream. The caller calls what it gets, once.
   * @param signal aborted when nobody wants the work any more: leaves the queue at once, refused
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted === true) throw this.refusal();
    if (!this.tryToEnter()) await this.turn(signal);
    return () => this.leave();
  }

  private tryToEnter(): boolean {
    if (this.running >= this.width) return false;
    this.running++;
    return true;
  }

  private leave(): void {
    // The place is handed on rather than freed, so that nobody who comes now overtakes who waits.
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }

  private turn(signal?: AbortSignal): Promise<void> {
    if (this.waiting.length >= this.depth) throw this.refusal();
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
      };
      const begin = () => {
        settle();
        resolve();
      };
      const giveUp = () => {
        settle();
        this.waiting.splice(this.waiting.indexOf(begin), 1);
        reject(this.refusal());
      };
      const timer = this.waitMs === undefined ? undefined : setTimeout(giveUp, this.waitMs);
      signal?.addEventListener('abort', giveUp);
      this.waiting.push(begin);
    });
  }

  private refusal(): AppError {
    return new AppError(this.code, { retryAfterSeconds: this.retryAfterSeconds });
  }
}
