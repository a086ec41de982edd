import { Injectable } from '@nestjs/common';
import type { Count, Spread } from './cells.js';
import type { Family } from './family.js';
import { SIZES } from './http-meters.js';
import { Meters } from './meters.js';

const RECORDS = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 100_000];

/** Seconds. A push of 500 records takes one ms of the clock; more than a second is a clock that was set back. */
const LEADS = [0, 0.01, 0.1, 1, 10, 60, 3600, 86_400];

const CONFLICTS = ['sent', 'stored', 'merged'] as const;
type ConflictWinner = (typeof CONFLICTS)[number];

/** What a push did with the records of one collection. */
export interface CollectionOutcome {
  collection: string;
  accepted: number;
  unchanged: number;
  superseded: number;
  conflicts: Readonly<Record<ConflictWinner, number>>;
}

export interface PushOutcome {
  collections: readonly CollectionOutcome[];
  /** The code of each refused record. */
  refused: readonly string[];
  /** How far the account's clock is ahead of the database's wall clock; null where it did not move. */
  clockLeadMs: number | null;
}

interface CollectionCounts {
  accepted: Count;
  unchanged: Count;
  superseded: Count;
  conflicts: Readonly<Record<ConflictWinner, Count>>;
}

/** What pushes and pulls move, and what becomes of it. */
@Injectable()
export class SyncMeters {
  private readonly families: Record<'accepted' | 'unchanged' | 'superseded', Family<'collection', Count>>;
  private readonly conflicts: Family<'collection' | 'winner', Count>;
  private readonly rejected: Family<'code', Count>;
  private readonly pushRecords: Spread;
  private readonly pullRecords: Spread;
  private readonly pullBytes: Spread;
  private readonly clockLead: Spread;
  private readonly known = new Map<string, CollectionCounts>();

  constructor(meters: Meters) {
    const labels = ['collection'] as const;
    this.families = {
      accepted: meters.counts('records_accepted_total', 'Pushed records that were stored.', labels),
      unchanged: meters.counts(
        'records_unchanged_total',
        'Pushed records that said what was stored already.',
        labels,
      ),
      superseded: meters.counts(
        'records_superseded_total',
        'Pushed records that lost against a newer one, or were old states that came again.',
        labels,
      ),
    };
    this.conflicts = meters.counts(
      'sync_conflicts_total',
      'Records that two devices changed without knowing of each other, by whose state won.',
      ['collection', 'winner'],
    );
    this.rejected = meters.counts(
      'records_rejected_total',
      'Pushed records that could not be stored and went into quarantine, by the code of the reason.',
      ['code'],
    );
    this.pushRecords = meters.spread('push_records', 'Records in a push.', RECORDS);
    this.pullRecords = meters.spread('pull_records', 'Records in the answer to a pull.', RECORDS);
    this.pullBytes = meters.spread('pull_bytes', 'Bytes of the answer to a pull, before compression.', SIZES);
    this.clockLead = meters.spread(
      'sync_clock_lead_seconds',
      'How far an account’s clock was ahead of wall time after a push.',
      LEADS,
    );
  }

  /** A number that is not there yet has no rate: what may be counted is named at start. */
  expect(collections: readonly string[], codes: readonly string[]): void {
    for (const collection of collections) this.countsOf(collection);
    for (const code of codes) this.rejected.of({ code });
  }

  pushed({ collections, refused, clockLeadMs }: PushOutcome): void {
    let records = refused.length;
    for (const { collection, accepted, unchanged, superseded, conflicts } of collections) {
      const counts = this.countsOf(collection);
      counts.accepted.add(accepted);
      counts.unchanged.add(unchanged);
      counts.superseded.add(superseded);
      for (const winner of CONFLICTS) counts.conflicts[winner].add(conflicts[winner]);
      records += accepted + unchanged + superseded;
    }
    for (const code of refused) this.rejected.of({ code }).add();
    this.pushRecords.observe(records);
    if (clockLeadMs !== null) this.clockLead.observe(Math.max(0, clockLeadMs) / 1000);
  }

  pulled(records: number, bytes: number): void {
    this.pullRecords.observe(records);
    this.pullBytes.observe(bytes);
  }

  private countsOf(collection: string): CollectionCounts {
    let counts = this.known.get(collection);
    if (!counts) {
      const { accepted, unchanged, superseded } = this.families;
      const conflict = (winner: ConflictWinner) => this.conflicts.of({ collection, winner });
      counts = {
        accepted: accepted.of({ collection }),
        unchanged: unchanged.of({ collection }),
        superseded: superseded.of({ collection }),
        conflicts: { sent: conflict('sent'), stored: conflict('stored'), merged: conflict('merged') },
      };
      this.known.set(collection, counts);
    }
    return counts;
  }
}
