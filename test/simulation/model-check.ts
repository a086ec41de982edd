import * as fc from 'fast-check';
import {
  type Checked,
  contentOf,
  idFromPool,
  PARENT_OF,
  recordSpecs,
  type RecordSpec,
  timeOf,
} from './check-records.js';
import type { WireRecord } from './model/records.js';

/** What the two servers are asked, and the phones that ask: as rude as a phone may be. */

export type CheckCommand =
  | {
      do: 'push';
      phone: number;
      records: RecordSpec[];
      cursor: Presented;
      epoch: 'ours' | 'none' | 'wrong';
      receipt: Receipt;
      answer: 'taken' | 'lost';
    }
  | {
      do: 'pull';
      phone: number;
      cursor: Presented;
      epoch: 'ours' | 'none' | 'wrong';
      receipt: Receipt;
      limit: number;
      answer: 'taken' | 'lost';
    }
  | { do: 'repeat'; request: number }
  | { do: 'restore version'; phone: number; record: number; version: number }
  | { do: 'twenty minutes pass' | 'back up' | 'restore backup' };

/** Which cursor a phone presents: its own, none, one it had before, another phone's, one that nobody was ever given. */
type Presented = 'own' | 'none' | 'former' | 'foreign' | 'invented';

/** Which receipt: none at all, as a first-generation phone; that of its last push; 0, or any other, as one restored. */
type Receipt = 'absent' | 'own' | 'zero' | 'former';

const receipt = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Receipt>('absent') },
  { weight: 5, arbitrary: fc.constant<Receipt>('own') },
  { weight: 2, arbitrary: fc.constantFrom<Receipt>('zero', 'former') },
);
const presented = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Presented>('own') },
  { weight: 2, arbitrary: fc.constantFrom<Presented>('none', 'former', 'former', 'foreign', 'invented') },
);
const epoch = fc.oneof(
  { weight: 9, arbitrary: fc.constant('ours' as const) },
  { weight: 1, arbitrary: fc.constantFrom('none' as const, 'wrong' as const) },
);
const answer = fc.oneof(
  { weight: 4, arbitrary: fc.constant('taken' as const) },
  { weight: 1, arbitrary: fc.constant('lost' as const) },
);
const phone = fc.nat(2);

export const checkCommands: fc.Arbitrary<CheckCommand[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('push' as const),
        phone,
        records: recordSpecs,
        cursor: presented,
        epoch,
        receipt,
        answer,
      }),
    },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('pull' as const),
        phone,
        cursor: presented,
        epoch,
        receipt,
        limit: fc.nat(3),
        answer,
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), request: fc.nat(30) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('restore version' as const),
        phone,
        record: fc.nat(8),
        version: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('twenty minutes pass' as const, 'back up' as const, 'restore backup' as const),
      }),
    },
  ),
  { minLength: 3, maxLength: 30 },
);

/** A phone of model-check: remembers what it was told, and obeys nothing. */
export class RudePhone {
  cursor = 0;
  epoch: number | undefined;
  receipt = 0;
  readonly former: number[] = [];
  readonly known = new Map<string, { collection: Checked; record: WireRecord }>();

  constructor(readonly deviceId: string) {}

  learn(collection: Checked, record: WireRecord): void {
    this.known.set(`${collection}/${String(record.serverId)}`, { collection, record });
  }

  moveTo({ syncTime, epoch }: { syncTime: number; epoch: number }): void {
    this.former.push(this.cursor);
    this.cursor = syncTime;
    this.epoch = epoch;
  }

  presented(which: Presented, others: readonly RudePhone[]): number {
    if (which === 'own') return this.cursor;
    if (which === 'none') return 0;
    if (which === 'former') return this.former.at(-2) ?? 0;
    if (which === 'foreign') return others.find((other) => other !== this)?.cursor ?? 0;
    return this.cursor + 1;
  }

  epochFor(which: 'ours' | 'none' | 'wrong'): number | undefined {
    return which === 'none' ? undefined : which === 'wrong' ? 17 : this.epoch;
  }

  receiptFor(which: Receipt): number | undefined {
    if (which === 'absent') return undefined;
    if (which === 'own') return this.receipt;
    return which === 'zero' ? 0 : Math.max(0, this.receipt - 1);
  }

  /** The sections of a push. */
  sectionsOf(specs: readonly RecordSpec[]): Record<string, unknown> {
    const sections: Record<string, unknown> = {};
    for (const spec of specs) {
      const record = this.recordOf(spec);
      if (spec.collection === 'gamificationStats') sections[spec.collection] = record;
      else
        sections[spec.collection] = [...((sections[spec.collection] as object[] | undefined) ?? []), record];
    }
    return sections;
  }

  private recordOf(spec: RecordSpec): Record<string, unknown> {
    const { collection, form, value, at } = spec;
    const { required, optional } = contentOf(collection, value);
    const time = timeOf(at);
    const parents = Object.fromEntries(
      Object.entries(PARENT_OF[collection] ?? {}).map(([name, parent]) => [
        name,
        this.nameOf(parent, spec.parent),
      ]),
    );
    const isSingleton = collection === 'gamificationStats';
    const dates = isSingleton ? { updatedAt: time } : { updatedAt: time, createdAt: timeOf(0) };
    const whole = { ...this.idsOf(spec), ...dates, ...required, ...parents };
    if (form === 'sparse') return whole;
    if (form === 'bad') return { ...whole, updatedAt: 'today' };
    if (form === 'without a required key') return { ...whole, createdAt: undefined, name: undefined };
    if (form === 'with unknown keys') return { ...whole, ...optional, zz: { b: value, a: [1] } };
    if (isSingleton) return { ...whole, ...optional };
    return { ...whole, ...optional, deletedAt: form === 'deleted' ? time : null };
  }

  private idsOf({ collection, named, id }: RecordSpec): { clientId: string; serverId?: string } {
    const known = [...this.known.values()].filter((entry) => entry.collection === collection);
    const record = named === 'new' ? undefined : known[id % Math.max(1, known.length)]?.record;
    if (!record) return { clientId: idFromPool(id) };
    const serverId = record.serverId ?? undefined;
    if (named === 'known by client id') return { clientId: record.clientId };
    if (named === 'known by server id') return { clientId: idFromPool(id), serverId };
    return { clientId: record.clientId, serverId };
  }

  private nameOf(parent: Checked, n: number): string {
    const known = [...this.known.values()].filter(({ collection }) => collection === parent);
    const { record } = known[n % Math.max(1, known.length)] ?? {};
    if (!record || n > 4) return idFromPool(n);
    return n % 2 === 0 ? record.clientId : String(record.serverId);
  }
}
