import { Injectable } from '@nestjs/common';
import { Meters } from './meters.js';

/** What a queue holds at this moment. */
export interface QueueLoad {
  running: number;
  waiting: number;
}

/** The queues in which work waits for its turn in this process. */
@Injectable()
export class QueueMeters {
  private readonly loads = new Map<string, () => QueueLoad>();

  constructor(meters: Meters) {
    for (const state of ['running', 'waiting'] as const)
      meters.gauges(`queue_${state}`, `Pieces of work that are ${state}, by queue.`, ['queue'], () =>
        Array.from(this.loads, ([queue, load]) => ({ labels: { queue }, value: load()[state] })),
      );
  }

  watch(queue: string, load: () => QueueLoad): void {
    this.loads.set(queue, load);
  }
}
