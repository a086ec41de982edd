import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user.js';
import { JwtStrategy } from '../auth/jwt.strategy.js';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Meters } from '../monitoring/meters.js';
import { Clocks } from '../sync/clocks.js';
import { deviceTagOf, type Told } from './announcement.js';
import { EventStream } from './event-stream.js';

/** Proxies cut what is silent for a minute, and so does this server. */
const BEAT_MS = 20_000;
/** The streams take turns, so that a process with thousands does not work in bursts. */
const TURNS = 20;
/** Then a stream is made anew, by which streams spread over new processes. */
const LIFE_MS = { least: 15 * 60_000, spread: 15 * 60_000 };
/** After a deploy all come again: over so long. */
const RETRY_MS = { least: 1_000, spread: 9_000 };
/** Of one account: phones, tablets, some tabs of the portal. */
const STREAMS_PER_ACCOUNT = 20;
/** One event for all that happens within: each makes somebody pull. */
const EVENT_GAP_MS = 250;
const FULL_RETRY_SECONDS = 30;

export interface Subscription {
  deviceId?: string;
  /** The cursor the reader has; null: it says none. */
  cursor: number | null;
}

const spread = ({ least, spread: width }: { least: number; spread: number }) => least + Math.random() * width;

/** The open streams of this process: who is told, and who may still listen. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly byAccount = new Map<string, Set<EventStream>>();
  private readonly turns = Array.from({ length: TURNS }, () => new Set<EventStream>());
  private readonly timer = setInterval(() => void this.nextTurn(), BEAT_MS / TURNS).unref();
  private turn = 0;
  private count = 0;
  private isStopping = false;

  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly clocks: Clocks,
    private readonly access: JwtStrategy,
    meters: Meters,
  ) {
    meters.gauges('event_streams', 'Open streams of GET /api/sync/events.', [], () => [
      { value: this.count },
    ]);
  }

  get open(): number {
    return this.count;
  }

  /**
   * Listens first and looks at the clock then, so that nothing falls between: whoever is not up to date is told at once.
   * @throws AppError server.unavailable when there are too many or the server stops, auth.token_revoked when the account is gone
   */
  async subscribe(user: AuthUser, { deviceId, cursor }: Subscription): Promise<EventStream> {
    const stream = new EventStream(
      user,
      deviceId === undefined ? null : deviceTagOf(user.id, deviceId),
      this.clock.now() + spread(LIFE_MS),
      cursor,
    );
    this.add(stream);
    try {
      const clock = await this.clocks.read(user.id);
      if (clock === undefined) throw new AppError('auth.token_revoked');
      stream.writeRetry(spread(RETRY_MS));
      stream.stands(clock);
      void this.deliver(stream);
      return stream;
    } catch (error) {
      stream.body.destroy();
      throw error;
    }
  }

  /** What another device has done. */
  tell({ userId, deviceTag, clock }: Told): void {
    for (const stream of this.byAccount.get(userId) ?? []) {
      if (stream.deviceTag === deviceTag) continue;
      if (clock === null) stream.gotSamples();
      else stream.moved(clock);
      void this.deliver(stream);
    }
  }

  /** Finds by the clocks themselves who has something to pull: where announcements may have been missed. */
  async compareClocks(): Promise<void> {
    await Promise.all(
      [...this.byAccount].map(async ([userId, streams]) => {
        const clock = await this.clocks.read(userId);
        for (const stream of streams) {
          if (clock !== undefined) stream.stands(clock);
          void this.deliver(stream);
        }
      }),
    );
  }

  /** Judges every stream anew; what each turn does for its own. */
  async beat(streams: Iterable<EventStream> = this.turns.flatMap((turn) => [...turn])): Promise<void> {
    const now = this.clock.now();
    await Promise.all(
      [...streams].map(async (stream) => {
        // What has ended and is still here has a reader that does not read.
        if (stream.hasEnded) stream.body.destroy();
        else if (now >= stream.endsAt) this.close(stream);
        else if (await this.mayListen(stream)) stream.beat();
        void this.deliver(stream);
      }),
    );
  }

  /** Whoever stops this server waits for its answers. */
  onModuleDestroy(): void {
    this.isStopping = true;
    clearInterval(this.timer);
    for (const streams of this.byAccount.values()) for (const stream of streams) this.close(stream);
  }

  private add(stream: EventStream): void {
    const { id } = stream.user;
    const ofAccount = this.byAccount.get(id) ?? new Set();
    // A request that was let in before the server began to stop: nobody would end what it gets.
    if (this.isStopping) throw new AppError('server.unavailable', { retryAfterSeconds: 1 });
    if (this.count >= this.env.eventStreamsMax)
      throw tooMany('This process has as many streams as it may; another one may have room.');
    if (ofAccount.size >= STREAMS_PER_ACCOUNT)
      throw tooMany(`An account may have ${STREAMS_PER_ACCOUNT} streams open; close one.`);
    this.byAccount.set(id, ofAccount.add(stream));
    const turn = this.turns[this.count++ % TURNS];
    turn.add(stream);
    stream.body.once('close', () => {
      this.count--;
      turn.delete(stream);
      ofAccount.delete(stream);
      if (ofAccount.size === 0 && this.byAccount.get(id) === ofAccount) this.byAccount.delete(id);
    });
    // A reader that goes away is no error.
    stream.body.on('error', () => undefined);
  }

  private close(stream: EventStream): void {
    stream.writeRetry(spread(RETRY_MS));
    stream.end();
  }

  private async deliver(stream: EventStream): Promise<void> {
    if (stream.isBusy) return;
    stream.isBusy = true;
    try {
      while (stream.hasNews && !stream.hasEnded && (await this.mayListen(stream))) {
        stream.writeNews();
        await pause(EVENT_GAP_MS, undefined, { ref: false });
      }
    } finally {
      stream.isBusy = false;
    }
  }

  /** Who may no longer pull is told nothing more. While the database does not say, nothing is told either. */
  private async mayListen(stream: EventStream): Promise<boolean> {
    try {
      const { isPremium } = await this.access.again(stream.user);
      if (!isPremium) this.close(stream);
      return isPremium;
    } catch (error) {
      if (error instanceof AppError) this.close(stream);
      return false;
    }
  }

  private async nextTurn(): Promise<void> {
    this.turn = (this.turn + 1) % TURNS;
    await this.beat(this.turns[this.turn]);
  }
}

const tooMany = (detail: string) =>
  new AppError('server.unavailable', { detail, retryAfterSeconds: FULL_RETRY_SECONDS });
