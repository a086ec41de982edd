export interface RecurringWork {
  everyMs: number;
  /** At most this much is added to each wait, at random, so that processes that start together do not stay in step. */
  jitterMs: number;
  /** Should end soon after the signal. */
  work: (signal: AbortSignal) => Promise<unknown>;
  failed: (error: unknown) => void;
}

let isLeftToServers = false;

/**
 * From now on this process begins no recurring work. For operators' commands: a look into a restored database must neither
 * send the e-mails that wait in it nor delete what has become due.
 */
export function leaveRecurringWorkToServers(): void {
  isLeftToServers = true;
}

/**
 * Work of the server's own that comes round again for as long as the process lives: never twice at once, and a round that
 * fails is only tried again with the next one. Keeps no process alive.
 */
export class Recurring {
  private timer: NodeJS.Timeout | undefined;
  /** When the timer fires, as `performance.now()` has it. */
  private dueAt = Infinity;
  private round: Promise<void> | undefined;
  private again: number | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: RecurringWork) {}

  /** The first round comes after one wait: a start has other things to do. */
  start(): void {
    this.next(this.options.everyMs);
  }

  /** Brings the next round forward to at most `ms` from now; one under way is followed by another. */
  soon(ms: number): void {
    if (this.round === undefined) this.next(ms);
    else this.again = Math.min(ms, this.again ?? ms);
  }

  /** No round begins any more; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.round;
  }

  /** Never later than it was to be: who is told again and again that there is work would never begin it. */
  private next(ms: number): void {
    const wait = ms + Math.random() * this.options.jitterMs;
    const at = performance.now() + wait;
    if (isLeftToServers || this.stopping.signal.aborted || at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => void this.run(), wait);
    this.timer.unref();
  }

  private run(): Promise<void> {
    this.round ??= this.runRound();
    return this.round;
  }

  private async runRound(): Promise<void> {
    const { work, failed, everyMs } = this.options;
    clearTimeout(this.timer);
    this.dueAt = Infinity;
    this.again = undefined;
    try {
      if (!this.stopping.signal.aborted) await work(this.stopping.signal);
    } catch (error) {
      failed(error);
    } finally {
      this.round = undefined;
      this.next(this.again ?? everyMs);
    }
  }
}
