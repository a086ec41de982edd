import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { CHANNEL } from './announcement.js';

const CONNECT_MS = 5_000;
/** How long an announcement of our own may take to come back. */
const PROOF_MS = 5_000;
const GOODBYE_MS = 1_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

export interface ListenerOptions {
  url: string;
  /** How often the line is tested. */
  proveEveryMs: number;
  /** Sends an announcement by another connection; it must come back here. */
  prove: () => Promise<void>;
  hear: (payload: string) => void;
  /** Announcements arrive (again): something may have been missed before. */
  found: () => void;
  lost: () => void;
}

/**
 * The connection on which this process hears the announcements of all. It counts as a line only when an announcement sent
 * by another connection has come back by it: a pooler in transaction mode takes LISTEN and delivers nothing, and a
 * connection that the network has dropped looks like one on which nothing happens. A lost one is made again, with waits
 * that double and are spread by chance.
 */
export class ChangeListener {
  private readonly logger = new Logger(ChangeListener.name);
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private heard = 0;
  private arrived: (() => void) | undefined;
  private attempts = 0;
  private stopped = false;

  constructor(private readonly options: ListenerOptions) {}

  start(): void {
    void this.connect();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const ended = this.client?.end().catch(() => undefined);
    // One that the network has dropped would never say that it has ended.
    await Promise.race([ended, pause(GOODBYE_MS, undefined, { ref: false })]);
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.options.url,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      application_name: 'phoenix-portal-events',
    });
    this.client = client;
    client.on('error', (error) => this.lose(client, error.message));
    client.on('end', () => this.lose(client, 'the connection ended'));
    client.on('notification', ({ payload = '' }) => {
      if (client !== this.client) return;
      this.heard++;
      this.arrived?.();
      this.options.hear(payload);
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      if (!(await this.proves())) throw new Error('announcements do not arrive: is it a pooler?');
      if (client !== this.client || this.stopped) return;
      this.find();
      await this.test(client, -1);
    } catch (error) {
      this.lose(client, (error as Error).message);
    }
  }

  /** Every announcement proves the line; where there was none since the last proof, one is sent. */
  private async test(client: Client, heardBefore: number): Promise<void> {
    if (this.heard === heardBefore && !(await this.proves())) {
      this.lose(client, 'announcements do not arrive: is it a pooler?');
      return;
    }
    if (client !== this.client || this.stopped) return;
    const { heard } = this;
    this.timer = setTimeout(() => void this.test(client, heard), this.options.proveEveryMs).unref();
  }

  private async proves(): Promise<boolean> {
    let late: NodeJS.Timeout | undefined;
    const arrived = new Promise<boolean>((resolve) => {
      late = setTimeout(() => resolve(false), PROOF_MS).unref();
      this.arrived = () => resolve(true);
    });
    try {
      await this.options.prove();
      return await arrived;
    } catch {
      // The pool cannot send, which says nothing of this connection: it is tested again later.
      return true;
    } finally {
      // Its own: `timer` may be that of the next connection by now, where this one was lost meanwhile.
      clearTimeout(late);
    }
  }

  private find(): void {
    if (this.attempts > 0) this.logger.log('hearing of changes in other processes again');
    this.attempts = 0;
    this.options.found();
  }

  private lose(client: Client, why: string): void {
    if (client !== this.client || this.stopped) return;
    this.client = undefined;
    clearTimeout(this.timer);
    void client.end().catch(() => undefined);
    this.options.lost();
    if (this.attempts === 1) this.logger.warn(`not hearing of changes in other processes: ${why}`);
    const doubled = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.attempts++);
    this.timer = setTimeout(() => void this.connect(), doubled * (0.5 + Math.random() / 2)).unref();
  }
}
