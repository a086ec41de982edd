import { PortalError } from '../api/portal-error.js';
import type { SyncManager } from './sync-manager.js';

/** Tells when the network comes back; browsers have it, React Native's NetInfo fits in one line. */
export interface Connectivity {
  /** @returns what ends it */
  onOnline(listener: () => void): () => void;
}

/** Timers and chance, replaced in tests. */
export interface AutoSyncTools {
  setTimeout(work: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to 1. */
  random(): number;
}

export interface AutoSyncOptions {
  /** Between two syncs while all goes well; default 15 minutes. */
  intervalMs?: number;
  connectivity?: Connectivity;
  tools?: AutoSyncTools;
}

const INTERVAL_MS = 15 * 60_000;
/** The first repetition comes within seconds, since most failures are a lost answer; then each wait doubles. */
const FIRST_WAIT_MS = 2_000;
/** Spread of the regular interval: a million phones must not come at the same minute. */
const JITTER = 0.1;

const PLATFORM: AutoSyncTools = {
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  random: Math.random,
};

/** The `online` event where there is one. */
const BROWSER: Connectivity = {
  onOnline(listener) {
    const target = globalThis as { addEventListener?: typeof addEventListener } & typeof globalThis;
    target.addEventListener?.('online', listener);
    return () => target.removeEventListener?.('online', listener);
  },
};

/**
 * When to sync: at the start, after a workout, when the network comes back, every 15 minutes, and after a failure with
 * waits that double, are spread by chance, and are never shorter than the portal asked for. One timer at a time.
 * Without premium it only asks, at the regular interval, whether that has changed; signed out, it rests until `start`.
 */
export class AutoSync {
  private readonly intervalMs: number;
  private readonly connectivity: Connectivity;
  private readonly tools: AutoSyncTools;
  #timer: unknown = null;
  #failures = 0;
  #stopWatching: (() => void) | null = null;
  #abort: AbortController | null = null;
  /** The portal wants to be left alone until the timer ends, whatever happens here. */
  #isHeldBack = false;
  #isRunning = false;
  /** Something happened while a sync was under way: another one follows it. */
  #isWanted = false;

  constructor(
    private readonly manager: Pick<SyncManager, 'syncAll'>,
    { intervalMs = INTERVAL_MS, connectivity = BROWSER, tools = PLATFORM }: AutoSyncOptions = {},
  ) {
    this.intervalMs = intervalMs;
    this.connectivity = connectivity;
    this.tools = tools;
  }

  /** To be called at the start of the application and after a sign-in. Syncs at once. */
  start(): void {
    this.stop();
    this.#abort = new AbortController();
    this.#failures = 0;
    this.#isHeldBack = false;
    this.#isRunning = false;
    this.#isWanted = false;
    this.#stopWatching = this.connectivity.onOnline(() => this.syncNow());
    this.syncNow();
  }

  /** Ends timers, and the sync that is under way; what it has stored stays. */
  stop(): void {
    this.clearTimer();
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.#abort?.abort();
    this.#abort = null;
  }

  /** The portal has told of a change: see `portalEvents`. */
  portalChanged(): void {
    this.syncNow();
  }

  /** A workout is done: its records go to the portal now. */
  workoutFinished(): void {
    this.syncNow();
  }

  /** Unless the portal asked to wait: then the timer that is set for the end of that wait does it. */
  private syncNow(): void {
    if (this.#abort === null || this.#isHeldBack) return;
    this.#isWanted = this.#isRunning;
    if (this.#isRunning) return;
    this.clearTimer();
    this.#isRunning = true;
    const { signal } = this.#abort;
    this.manager.syncAll({ signal }).then(
      () => this.after(null, signal),
      (error: unknown) => this.after(error, signal),
    );
  }

  private after(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#isRunning = false;
    const waitMs = this.waitAfter(error);
    if (error === null && this.#isWanted) {
      this.syncNow();
      return;
    }
    if (waitMs === null) return;
    this.#timer = this.tools.setTimeout(() => {
      this.#timer = null;
      this.#isHeldBack = false;
      this.syncNow();
    }, waitMs);
  }

  /** How long until the next sync, ms; null: not by itself. The manager's status shows the error to the user. */
  private waitAfter(error: unknown): number | null {
    const regular = Math.round(this.intervalMs * (1 + JITTER * (2 * this.tools.random() - 1)));
    this.#isHeldBack = error instanceof PortalError && error.retryAfterMs !== null;
    if (!(error instanceof PortalError) || !error.retryable) {
      this.#failures = 0;
      return error instanceof PortalError && error.code === 'client.signed_out' ? null : regular;
    }
    const doubled = Math.min(this.intervalMs, FIRST_WAIT_MS * 2 ** this.#failures++);
    const spread = doubled * (0.5 + this.tools.random() / 2);
    return Math.max(spread, error.retryAfterMs ?? 0);
  }

  private clearTimer(): void {
    if (this.#timer !== null) this.tools.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
