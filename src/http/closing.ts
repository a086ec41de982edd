import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/**
 * Knows that the server is about to stop. Requests under way are finished; further ones on open connections are answered
 * 503, which sends a client to another process or makes it try again after the restart.
 */
@Injectable()
export class Closing implements OnModuleDestroy {
  private closing = false;

  get isClosing(): boolean {
    return this.closing;
  }

  onModuleDestroy(): void {
    this.closing = true;
  }
}
