import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { CHANNEL, payloadsOf, type Told } from './announcement.js';

/** Changes gather for so long: a process sends at most forty statements a second, whatever is pushed. */
const GATHER_MS = 25;

/**
 * NOTIFY holds a lock of the whole database until its transaction is committed, so it is never part of a push, and waits
 * for no disk: what is lost with a crash the next timer pull finds as well.
 */
const NOTIFY = {
  name: 'announce-changes',
  text: `select pg_notify('${CHANNEL}', payload), set_config('synchronous_commit', 'off', true)
    from unnest($1::text[]) payload`,
};

/** Tells the other processes what has changed here: after the commit, in a statement of its own, for all accounts of the moment. */
@Injectable()
export class Announcer {
  /** By which a process knows its own announcements. */
  readonly self = randomUUID();
  private readonly logger = new Logger(Announcer.name);
  private waiting = new Map<string, Told>();
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(private readonly database: Database) {}

  add(told: Told): void {
    const { userId, deviceTag, clock } = told;
    this.waiting.set(`${userId}${deviceTag}${clock === null ? 's' : 'c'}`, told);
    this.timer ??= setTimeout(() => void this.send(), GATHER_MS).unref();
  }

  /** Proves to whoever listens that announcements arrive. */
  async ping(): Promise<void> {
    await this.notify([]);
  }

  /** Whatever still waits goes out before the connections are closed. */
  async flush(): Promise<void> {
    if (this.timer !== undefined) await this.send();
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const told = [...this.waiting.values()];
    this.waiting = new Map();
    try {
      await this.notify(told);
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.logger.warn(`other processes are not told of changes: ${(error as Error).message}`);
      this.failing = true;
    }
  }

  private async notify(told: readonly Told[]): Promise<void> {
    await this.database.query({ ...NOTIFY, rowMode: 'array', values: [payloadsOf(this.self, told)] });
  }
}
