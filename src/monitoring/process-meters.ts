import { performance } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';
import { PROGRAM_VERSION } from './program-version.js';
import { Meters, PREFIX } from './meters.js';

/** The process itself: version, memory, processor, garbage collection, and how busy its one thread is. */
@Injectable()
export class ProcessMeters {
  constructor(meters: Meters) {
    collectDefaultMetrics({ register: meters.registry, prefix: PREFIX });
    meters.gauges('build_info', 'Always 1; the labels say what runs.', ['version', 'node'], () => [
      { labels: { version: PROGRAM_VERSION, node: process.versions.node }, value: 1 },
    ]);
    meters.derivedCount(
      'event_loop_active_seconds_total',
      'Time in which the event loop worked; its rate is the share of the thread that is used.',
      () => performance.eventLoopUtilization().active / 1000,
    );
  }
}
