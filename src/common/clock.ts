import { Global, Injectable, Module } from '@nestjs/common';

/** The time of day as this server sees it, injected wherever time decides something so that a test can set it. */
@Injectable()
export class Clock {
  /** Epoch ms. */
  now(): number {
    return Date.now();
  }
}

@Global()
@Module({ providers: [Clock], exports: [Clock] })
export class ClockModule {}
