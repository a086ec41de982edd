import { AppError, type ErrorCode } from './app-error.js';

/** Places for work that is long and heavy: a few at once in this process, and one of each account. */
export class OneAtATime {
  private readonly running = new Set<string>();

  constructor(
    private readonly places: number,
    /** Said to an account that has one running. */
    private readonly code: ErrorCode,
  ) {}

  /**
   * @returns gives the place back; may be called more than once
   * @throws AppError the code, or server.unavailable when all places are taken
   */
  enter(userId: string): () => void {
    if (this.running.has(userId)) throw new AppError(this.code);
    if (this.running.size >= this.places) throw new AppError('server.unavailable', { retryAfterSeconds: 30 });
    this.running.add(userId);
    let left = false;
    return () => {
      if (!left) this.running.delete(userId);
      left = true;
    };
  }
}
