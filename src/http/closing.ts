import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';

/**
 * Knows that the server is about to stop. Requests under way are finished, to the last byte of their answer; further ones
 * on open connections are answered 503, which sends a client to another process or makes it try again after the restart.
 */
@Injectable()
export class Closing implements OnModuleDestroy, BeforeApplicationShutdown {
  private closing = false;
  private readonly underWay = new Set<ServerResponse>();
  private allSent: (() => void) | undefined;

  get isClosing(): boolean {
    return this.closing;
  }

  /** Has the end of the server wait for this answer. */
  await(answer: ServerResponse): void {
    this.underWay.add(answer);
    answer.once('close', () => {
      this.underWay.delete(answer);
      if (this.underWay.size === 0) this.allSent?.();
    });
  }

  onModuleDestroy(): void {
    this.closing = true;
  }

  /** The HTTP server closes after this and cuts every connection, also one whose answer is written but not yet sent. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.underWay.size > 0) await new Promise<void>((resolve) => (this.allSent = resolve));
  }
}
