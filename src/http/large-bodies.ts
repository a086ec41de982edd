import { availableParallelism } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import type { QueueMeters } from '../monitoring/queue-meters.js';

export interface LargeBodyLimits {
  /** Smaller bodies never wait. */
  from: number;
  /** Bytes of bodies that are parsed and worked on at once; one body alone may be larger. */
  inWork: number;
  /** Bytes of bodies that may wait; more are refused. */
  waiting: number;
  /** Longest wait. */
  waitMs: number;
}

/**
 * A body in work costs 3 to 5 times its bytes (text, values, statements) and holds the event loop for tens of
 * milliseconds at a time. 64 pushes of 1 MB of different accounts on two busy cores: with all at once a pull of somebody
 * else waited up to 3 s for a connection; with two at a time 0.12 s (p95), and the pushes took no longer; with one at a
 * time 0.11 s, and they took half as long again. So: as many as there are cores. 128 KiB are about 140 full sets: what a
 * phone sends after a workout never waits. Whoever waits longer than 10 s is asked to come again.
 */
const LIMITS: LargeBodyLimits = {
  from: 128 * 1024,
  inWork: availableParallelism() * MIB,
  waiting: 128 * MIB,
  waitMs: 10_000,
};

interface Entry {
  caller: string;
  bytes: number;
  begin: () => void;
  timer: NodeJS.Timeout;
}

/**
 * Bounds what large bodies cost: they are kept as the bytes they came as until their turn. The turn goes to who came
 * first, but a caller has one body in work at a time: its others would only wait for the user's clock, in the way of
 * everybody else's.
 */
export class LargeBodies {
  private inWork = 0;
  private waitingBytes = 0;
  private waiting: Entry[] = [];
  private readonly callers = new Set<string>();

  constructor(private readonly limits: LargeBodyLimits = LIMITS) {}

  /**
   * Waits until `bytes` may be worked on. Whoever gets a place calls what it gets when the work is done.
   * @throws AppError server.unavailable when too much waits, or the wait was too long
   */
  async enter(caller: string, bytes: number): Promise<() => void> {
    if (bytes < this.limits.from) return () => undefined;
    const isNext = !this.waiting.some((other) => !this.callers.has(other.caller));
    if (isNext && this.hasRoom(caller, bytes)) this.begin(caller, bytes);
    else await this.turn(caller, bytes);
    return () => {
      this.inWork -= bytes;
      this.callers.delete(caller);
      this.admit();
    };
  }

  /** How many are worked on, how many wait. */
  get load(): { running: number; waiting: number } {
    return { running: this.callers.size, waiting: this.waiting.length };
  }

  private hasRoom(caller: string, bytes: number): boolean {
    if (this.callers.has(caller)) return false;
    return this.inWork === 0 || this.inWork + bytes <= this.limits.inWork;
  }

  private begin(caller: string, bytes: number): void {
    this.inWork += bytes;
    this.callers.add(caller);
  }

  private turn(caller: string, bytes: number): Promise<void> {
    if (this.waitingBytes + bytes > this.limits.waiting) throw refusal();
    this.waitingBytes += bytes;
    return new Promise((resolve, refuse) => {
      const leave = () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        this.waitingBytes -= bytes;
        clearTimeout(entry.timer);
      };
      const begin = () => {
        leave();
        this.begin(caller, bytes);
        resolve();
      };
      const timer = setTimeout(() => {
        leave();
        refuse(refusal());
      }, this.limits.waitMs);
      const entry: Entry = { caller, bytes, begin, timer };
      this.waiting.push(entry);
    });
  }

  /** A body that does not fit keeps its place: later ones of other callers do not overtake it. */
  private admit(): void {
    for (const entry of this.waiting) {
      if (this.callers.has(entry.caller)) continue;
      if (!this.hasRoom(entry.caller, entry.bytes)) return;
      entry.begin();
    }
  }
}

const refusal = () => new AppError('server.unavailable', { retryAfterSeconds: 5 });

/** Has the parser of `server` wait for the turn of a large body; the turn ends when the answer is made. */
export function waitForTurns(
  server: FastifyInstance,
  queues: QueueMeters,
): (request: FastifyRequest, bytes: number) => Promise<void> {
  const bodies = new LargeBodies();
  queues.watch('large_bodies', () => bodies.load);
  const turns = new WeakMap<FastifyRequest, () => void>();
  server.addHook('onSend', async (request) => {
    turns.get(request)?.();
    turns.delete(request);
  });
  return async (request, bytes) => {
    turns.set(request, await bodies.enter(request.headers.authorization ?? '', bytes));
  };
}
