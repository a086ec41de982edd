import type { Clock } from '../common/clock.js';

export interface Limit {
  name: string;
  /** How often in a window. */
  max: number;
  /** Windows begin at multiples of it, for everybody at the same time. */
  windowMs: number;
  /** Counted here before the others are told: the more, the fewer statements, and the more may slip past. */
  step: number;
}

/** As much of `SharedCounts` as a limiter needs. */
export interface Shared {
  keyOf(limit: string, caller: string): Buffer;
  add(key: Buffer, windowStartedAt: number, count: number): Promise<number>;
}

export interface Faults {
  /** Shared counts cannot be reached: this process counts by itself. */
  notShared(limit: string, error: unknown): void;
  /** The first refusal of a caller in a window. */
  refused(limit: string, caller: string): void;
}

/** Requests that are added to the shared count together. */
interface Batch {
  size: number;
  /** What was counted before the first of them, by all servers; known once they are added. */
  before: number | undefined;
}

interface Count {
  startedAt: number;
  /** All servers together, when last asked. */
  total: number;
  /** Counted here since then. */
  fresh: Batch;
  /** On the way to what all servers share. */
  underWay: number;
  settling: Promise<void> | undefined;
  isTold: boolean;
}

/** Callers remembered: 3 MB. A caller who is forgotten begins anew here, and with the old total once `step` is reached. */
const CALLERS_MAX = 20_000;

/** Without an answer from PostgreSQL nobody asks again for so long: what waits for it would wait twice. */
const ALONE_MS = 5000;

/**
 * One limit, for many callers. Counts in memory; only who comes to `step` in a window is counted in PostgreSQL too. So an
 * ordinary request costs no statement, and all servers together let through at most `max` and, for each server, `step`
 * more. Who is over the limit is refused from memory until the window ends.
 */
export class Limiter {
  private startedAt = Number.NaN;
  private aloneUntil = 0;
  private readonly counts = new Map<string, Count>();

  constructor(
    readonly limit: Limit,
    private readonly clock: Clock,
    private readonly shared: Shared,
    private readonly faults: Faults,
  ) {}

  /** Whether this caller has had all of this window already, as far as this process knows. */
  isOver(caller: string): boolean {
    const count = this.current().get(caller);
    return count !== undefined && this.isFull(count);
  }

  /**
   * Counts one, if there is room. Not true or false but a promise of it, when the caller has come to `step`: who does not
   * wait for it lets through what comes meanwhile. It never fails.
   */
  take(caller: string): boolean | Promise<boolean> {
    const count = this.countOf(caller);
    if (this.isFull(count)) return this.refuse(caller, count);
    const batch = count.fresh;
    const place = ++batch.size;
    if (place >= this.limit.step) this.settle(caller, count);
    return count.settling === undefined ? true : this.verdict(caller, count, batch, place);
  }

  /** Until the window ends; at least a second. */
  retryAfterSeconds(): number {
    const { windowMs } = this.limit;
    const now = this.clock.now();
    return Math.ceil((windowMs - (now % windowMs)) / 1000);
  }

  /** Once all is counted that came before: this one is let through if its own place is within the limit. */
  private async verdict(caller: string, count: Count, batch: Batch, place: number): Promise<boolean> {
    while (count.settling !== undefined) await count.settling;
    return (batch.before ?? count.total) + place <= this.limit.max || this.refuse(caller, count);
  }

  private isFull(count: Count): boolean {
    return known(count) >= this.limit.max;
  }

  private refuse(caller: string, count: Count): false {
    if (!count.isTold) this.faults.refused(this.limit.name, caller);
    count.isTold = true;
    return false;
  }

  /** Whatever window it was, one that is not now is over: also one that lies in the future since the clock was set back. */
  private current(): Map<string, Count> {
    const now = this.clock.now();
    const startedAt = now - (now % this.limit.windowMs);
    if (startedAt !== this.startedAt) this.counts.clear();
    this.startedAt = startedAt;
    return this.counts;
  }

  private countOf(caller: string): Count {
    const counts = this.current();
    const found = counts.get(caller);
    if (found !== undefined) return found;
    const [oldest] = counts.size < CALLERS_MAX ? [] : counts.keys();
    if (oldest !== undefined) counts.delete(oldest);
    const { startedAt } = this;
    const count: Count = {
      startedAt,
      total: 0,
      fresh: { size: 0, before: undefined },
      underWay: 0,
      settling: undefined,
      isTold: false,
    };
    counts.set(caller, count);
    return count;
  }

  /** One addition of a caller at a time; what is counted meanwhile goes with the next. */
  private settle(caller: string, count: Count): void {
    if (count.settling !== undefined || this.clock.now() < this.aloneUntil) return;
    const batch = count.fresh;
    count.fresh = { size: 0, before: undefined };
    count.underWay = batch.size;
    const settled = (total: number) => {
      batch.before = total - batch.size;
      Object.assign(count, { total, underWay: 0, settling: undefined });
    };
    count.settling = this.shared
      .add(this.shared.keyOf(this.limit.name, caller), count.startedAt, batch.size)
      .then(settled, (error: unknown) => {
        // Counted here all the same; the others are told of what comes after.
        settled(count.total + batch.size);
        this.aloneUntil = this.clock.now() + ALONE_MS;
        this.faults.notShared(this.limit.name, error);
      })
      .then(() => {
        if (count.fresh.size >= this.limit.step) this.settle(caller, count);
      });
  }
}

const known = ({ total, fresh, underWay }: Count): number => total + underWay + fresh.size;
