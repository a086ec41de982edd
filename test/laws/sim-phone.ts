import { Phone, type PullAnswer, type PushAnswer, type WireRecord } from '../support/phone.js';

export const SIM_COLLECTIONS = ['routines', 'supersets', 'badges'] as const;
export type SimCollection = (typeof SIM_COLLECTIONS)[number];

/** A record on a phone. `dirty` is a mark of its own, never derived from times. */
export interface Local {
  collection: SimCollection;
  record: WireRecord;
  dirty: boolean;
}

export interface Snapshot {
  locals: Local[];
  cursor: number;
  epoch: number | undefined;
}

/** What a push has put on the wire, and what became of it. */
export interface Pushed {
  body: Record<string, unknown>;
  sent: Local[];
}

/**
 * A phone of the simulation: a local store, a cursor, and the merging a careful client does. It applies an answer and
 * saves the cursor as two steps, so that a crash can come in between.
 */
export class SimPhone {
  locals: Local[] = [];
  cursor = 0;
  epoch: number | undefined;
  backup: Snapshot | null = null;

  constructor(
    readonly api: Phone,
    /** How far the phone's clock is off, ms. */
    readonly clockOffset: number,
    /** First-generation phones pull with the cursor they pushed with. */
    readonly firstGeneration: boolean,
  ) {}

  snapshot(): Snapshot {
    return structuredClone({ locals: this.locals, cursor: this.cursor, epoch: this.epoch });
  }

  restore(snapshot: Snapshot): void {
    Object.assign(this, structuredClone(snapshot));
  }

  clone(): SimPhone {
    const copy = new SimPhone(this.api, this.clockOffset, this.firstGeneration);
    copy.restore(this.snapshot());
    return copy;
  }

  find(collection: SimCollection, { serverId, clientId }: WireRecord): Local | undefined {
    return this.locals.find(
      (local) =>
        local.collection === collection &&
        ((serverId && local.record.serverId === serverId) ||
          local.record.clientId.toLowerCase() === clientId.toLowerCase()),
    );
  }

  edit(collection: SimCollection, record: WireRecord): void {
    const local = this.find(collection, record);
    if (local) Object.assign(local, { record: { ...local.record, ...record }, dirty: true });
    else this.locals.push({ collection, record, dirty: true });
  }

  preparePush(): Pushed {
    const sent = structuredClone(this.locals.filter(({ dirty }) => dirty));
    const sections = Object.fromEntries(
      SIM_COLLECTIONS.map((name) => [
        name,
        sent.filter(({ collection }) => collection === name).map(({ record }) => record),
      ]),
    );
    return { body: { lastSync: this.cursor, epoch: this.epoch, ...sections }, sent };
  }

  applyPush(answer: PushAnswer, { sent }: Pushed): void {
    for (const before of sent) {
      const local = this.find(before.collection, before.record);
      if (!local) continue;
      local.record.serverId = answer.idMappings[before.collection]?.[before.record.clientId];
      // Acknowledged record by record: an edit made while the request was under way stays dirty.
      if (local.record['updatedAt'] === before.record['updatedAt']) local.dirty = false;
    }
    for (const { collection, record } of answer.superseded) this.take(collection as SimCollection, record);
  }

  saveCursor({ syncTime, epoch }: { syncTime: number; epoch: number }): void {
    this.cursor = syncTime;
    this.epoch = epoch;
  }

  applyPull(answer: PullAnswer): void {
    for (const collection of SIM_COLLECTIONS)
      for (const record of answer[collection] ?? []) this.take(collection, record);
  }

  private take(collection: SimCollection, record: WireRecord): void {
    const local = this.find(collection, record);
    if (!local) this.locals.push({ collection, record, dirty: false });
    else if (local.dirty) local.record.serverId = record.serverId;
    else local.record = { ...record, clientId: local.record.clientId };
  }
}
