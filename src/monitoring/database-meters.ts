import { Injectable } from '@nestjs/common';
import { type DatabaseFault, DATABASE_FAULTS, databaseFaultOf } from '../common/database-fault.js';
import type { Count, Spread } from './cells.js';
import { Meters } from './meters.js';

/** What the driver's pool tells of itself. */
export interface PoolState {
  totalCount: number;
  idleCount: number;
  waitingCount: number;
}

/** Seconds; after five a request is refused. */
const WAITS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5];

/** The connections to PostgreSQL and what goes wrong with them. */
@Injectable()
export class DatabaseMeters {
  /** Seconds that a piece of work waited for a connection. */
  readonly waits: Spread;
  private readonly faults: ReadonlyMap<DatabaseFault, Count>;
  private readonly pools: { pool: string; size: number; state: () => PoolState }[] = [];

  constructor(meters: Meters) {
    this.waits = meters.spread(
      'database_pool_wait_seconds',
      'How long work waited for a connection of a pool.',
      WAITS,
    );
    const faults = meters.counts(
      'database_errors_total',
      'Errors of statements and of taking a connection, by kind.',
      ['kind'],
    );
    this.faults = new Map(DATABASE_FAULTS.map((kind) => [kind, faults.of({ kind })]));
    meters.gauges(
      'database_pool_connections',
      'Connections by state: used or idle; state "waiting" is work that waits for one.',
      ['pool', 'state'],
      () => this.pools.flatMap(({ pool, state }) => samplesOf(pool, state())),
    );
    meters.gauges('database_pool_size', 'How many connections a pool may have.', ['pool'], () =>
      this.pools.map(({ pool, size }) => ({ labels: { pool }, value: size })),
    );
  }

  /** @param pool its name: `primary`, or what a further one is for */
  watch(pool: string, size: number, state: () => PoolState): void {
    this.pools.push({ pool, size, state });
  }

  /** Counts what was thrown, if it is the database's. */
  failed(thrown: unknown): void {
    const kind = databaseFaultOf(thrown);
    if (kind !== undefined) this.faults.get(kind)?.add();
  }
}

function samplesOf(pool: string, { totalCount, idleCount, waitingCount }: PoolState) {
  const states = { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  return Object.entries(states).map(([state, value]) => ({ labels: { pool, state }, value }));
}
