import { Readable } from 'node:stream';
import type { AuthUser } from '../auth/auth-user.js';

/** An answer that its reader does not take: a few hundred events. */
const UNREAD_MAX_BYTES = 16 * 1024;

/** One open answer of GET /api/sync/events, and what its reader has been told. */
export class EventStream {
  /** What the reader gets. */
  readonly body = new Readable({ read: () => undefined });
  /** Events are being written: one writer at a time. */
  isBusy = false;
  private newestClock: number | null = null;
  private toldClock: number | null;
  private hasSamples = false;
  /** Nothing more is written; what was may still be read. */
  private isClosed = false;

  constructor(
    readonly user: AuthUser,
    readonly deviceTag: string | null,
    /** When it is to be made anew, epoch ms. */
    readonly endsAt: number,
    cursor: number | null,
  ) {
    this.toldClock = cursor;
  }

  get hasEnded(): boolean {
    return this.isClosed || this.body.destroyed;
  }

  get hasNews(): boolean {
    return this.newestClock !== null || this.hasSamples;
  }

  /** Somebody has moved the clock. Announcements may overtake each other; an older one says nothing more. */
  moved(clock: number): void {
    if (clock > Math.max(this.toldClock ?? -1, this.newestClock ?? -1)) this.newestClock = clock;
  }

  /** The clock as it is: another one than the reader knows is news, a smaller one too (a restored backup). */
  stands(clock: number): void {
    if (clock !== (this.newestClock ?? this.toldClock)) this.newestClock = clock;
  }

  gotSamples(): void {
    this.hasSamples = true;
  }

  writeNews(): void {
    if (this.newestClock !== null) {
      const syncTime = this.newestClock;
      this.toldClock = syncTime;
      this.newestClock = null;
      this.write(`event: change\nid: ${syncTime}\ndata: {"syncTime":${syncTime}}\n\n`);
    }
    if (this.hasSamples) {
      this.hasSamples = false;
      this.write('event: samples\ndata: {}\n\n');
    }
  }

  /** How long the reader is to wait before it comes again, should this answer end. */
  writeRetry(ms: number): void {
    this.write(`retry: ${Math.round(ms)}\n\n`);
  }

  /** A line that means nothing, so that nobody on the way takes the connection for dead. */
  beat(): void {
    this.write(':\n\n');
  }

  end(): void {
    if (this.hasEnded) return;
    this.isClosed = true;
    this.body.push(null);
  }

  private write(text: string): void {
    if (this.hasEnded) return;
    this.body.push(text);
    if (this.body.readableLength > UNREAD_MAX_BYTES) this.body.destroy();
  }
}
