import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { Changes } from '../sync/changes.js';
import { announcementIn, toldOf } from './announcement.js';
import { Announcer } from './announcer.js';
import { ChangeListener } from './change-listener.js';
import { EventStreams } from './event-streams.service.js';

/** While announcements do not arrive the clocks of all who listen are compared, so that nobody waits for longer. */
const COMPARE_MS = 1_000;
const PROVE_MS = 30_000;

/**
 * Brings changes to the streams of this process: its own at once, those of other processes by LISTEN, and by the clocks
 * while there is no such line.
 */
@Injectable()
export class ChangeFeed implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ChangeFeed.name);
  private listener: ChangeListener | undefined;
  private comparing: NodeJS.Timeout | undefined;
  private unlisten: (() => void) | undefined;
  private isOpen = false;

  constructor(
    private readonly env: Env,
    private readonly dataSource: DataSource,
    private readonly changes: Changes,
    private readonly announcer: Announcer,
    private readonly streams: EventStreams,
  ) {}

  onModuleInit(): void {
    this.unlisten = this.changes.listen((change) => {
      const told = toldOf(change);
      this.streams.tell(told);
      this.announcer.add(told);
    });
  }

  /** A process that nobody listens to keeps no connection for it. */
  ensureOpen(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.compareAlways();
    const url = this.url();
    if (url === '') return;
    this.listener = new ChangeListener({
      url,
      proveEveryMs: PROVE_MS,
      prove: () => this.announcer.ping(),
      hear: (payload) => this.hear(payload),
      found: () => {
        clearInterval(this.comparing);
        this.compare();
      },
      lost: () => this.compareAlways(),
    });
    this.listener.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.unlisten?.();
    clearInterval(this.comparing);
    await Promise.all([this.listener?.stop(), this.announcer.flush()]);
  }

  private url(): string {
    const { databaseListenUrl, databasePooler } = this.env;
    if (databaseListenUrl !== '' || databasePooler !== 'none') return databaseListenUrl;
    const { options } = this.dataSource;
    return options.type === 'postgres' ? (options.url ?? '') : '';
  }

  private hear(payload: string): void {
    const announcement = announcementIn(payload);
    if (announcement === undefined || announcement.from === this.announcer.self) return;
    for (const told of announcement.told) this.streams.tell(told);
  }

  private compareAlways(): void {
    clearInterval(this.comparing);
    this.comparing = setInterval(() => this.compare(), COMPARE_MS).unref();
  }

  private compare(): void {
    this.streams.compareClocks().catch((error: unknown) => this.logger.debug(error));
  }
}
