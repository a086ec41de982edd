import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { Sql } from '../../src/database/sql.js';
import type { TestApp } from '../support/app.js';
import { Phone, premiumAccount, type PushAnswer, type WireRecord } from '../support/phone.js';
import { type Local, type Pushed, SIM_COLLECTIONS, type SimCollection, SimPhone } from './sim-phone.js';
import { readServer, type ServerView, stateKey } from './sim-server.js';

type Fault = 'none' | 'request lost' | 'answer lost' | 'crash' | 'three at once' | 'stopped after a page';

export type Command =
  | { do: 'edit'; phone: number; collection: SimCollection; record: number; remove: boolean }
  | { do: 'sync'; phone: number; push: Fault; pull: Fault; limit: number | null }
  | { do: 'back up' | 'restore' | 'reinstall' | 'clone'; phone: number }
  | { do: 'replay'; request: number }
  | { do: 'restore version'; phone: number; record: number; version: number };

const phone = fc.nat(4);
const fault = (...faults: Fault[]) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Fault>('none') },
    { weight: 2, arbitrary: fc.constantFrom(...faults) },
  );

export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('edit' as const),
        phone,
        collection: fc.constantFrom(...SIM_COLLECTIONS),
        record: fc.nat(3),
        remove: fc.boolean(),
      }),
    },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('sync' as const),
        phone,
        push: fault('request lost', 'answer lost', 'crash', 'three at once'),
        pull: fault('request lost', 'answer lost', 'crash', 'stopped after a page'),
        limit: fc.option(fc.integer({ min: 1, max: 3 })),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('back up' as const, 'restore' as const, 'reinstall' as const, 'clone' as const),
        phone,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replay' as const), request: fc.nat(20) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('restore version' as const),
        phone,
        record: fc.nat(6),
        version: fc.integer({ min: 1, max: 3 }),
      }),
    },
  ),
  { minLength: 4, maxLength: 40 },
);

/** Phones of one account against the real server; every step is checked against the laws. */
export class Simulation {
  private readonly phones: SimPhone[] = [];
  private readonly requests: Record<string, unknown>[] = [];
  /** Every state the server said it took. */
  private readonly accepted = new Set<string>();
  private edits = 0;
  private view: ServerView;

  private constructor(
    private readonly sql: Sql,
    private readonly userId: string,
  ) {}

  static async begin(app: TestApp, sql: Sql): Promise<Simulation> {
    const { userId, token } = await premiumAccount(app);
    const simulation = new Simulation(sql, userId);
    for (const [index, offset] of [0, -600_000, 600_000].entries())
      simulation.phones.push(new SimPhone(new Phone(app.url, token, `phone ${index}`), offset, index === 1));
    simulation.view = await readServer(sql, userId);
    return simulation;
  }

  private pick(index: number): SimPhone {
    return this.phones[index % this.phones.length];
  }

  async run(command: Command): Promise<void> {
    if (command.do === 'edit') return this.edit(command);
    if (command.do === 'replay') return this.replay(command.request);
    const simPhone = this.pick(command.phone);
    if (command.do === 'sync') return this.sync(simPhone, command);
    if (command.do === 'restore version') return this.restoreVersion(simPhone, command);
    if (command.do === 'back up') simPhone.backup = simPhone.snapshot();
    if (command.do === 'restore' && simPhone.backup) simPhone.restore(simPhone.backup);
    if (command.do === 'reinstall') simPhone.restore({ locals: [], cursor: 0, epoch: undefined });
    // Two first-generation phones with one device id and one cursor cannot be told apart by any server.
    if (command.do === 'clone' && this.phones.length < 5 && !simPhone.firstGeneration)
      this.phones.push(simPhone.clone());
  }

  private edit({ phone: index, collection, record, remove }: Extract<Command, { do: 'edit' }>): void {
    const simPhone = this.pick(index);
    const known = simPhone.locals.filter((local) => local.collection === collection);
    // A phone earns a badge once: it edits the one it has, wherever that came from.
    const old =
      collection === 'badges'
        ? known.find(({ record: { badgeId } }) => badgeId === `badge_${record}`)
        : known[record];
    if (remove && !old) return;
    const now = Date.now() + simPhone.clockOffset + this.edits;
    const clientId = old?.record.clientId ?? this.newId(collection, record);
    const text = `edit ${++this.edits}`;
    const content: Record<SimCollection, object> = {
      routines: { name: text },
      supersets: { name: text, orderIndex: 0, routineId: this.parentFor(simPhone, record) },
      // The natural key of a badge is what it was given for.
      badges: { badgeId: `badge_${record}`, earnedAt: this.edits },
    };
    const made = old ? {} : { createdAt: now };
    const changed = remove ? { deletedAt: now } : { ...content[collection], deletedAt: null };
    const fixed = old && collection === 'badges' ? { badgeId: old.record['badgeId'] } : {};
    simPhone.edit(collection, {
      ...made,
      ...changed,
      ...fixed,
      clientId,
      serverId: old?.record.serverId ?? null,
      updatedAt: now,
    });
  }

  /** Phones of the same user make badges under row numbers, and now and then the same UUID for the rest. */
  private newId(collection: SimCollection, record: number): string {
    if (collection === 'badges') return String(record + 1);
    return record === 0 ? `shared-${collection}` : randomUUID();
  }

  private parentFor(simPhone: SimPhone, record: number): string {
    const routines = simPhone.locals.filter(({ collection }) => collection === 'routines');
    return routines[record % Math.max(1, routines.length)]?.record.clientId ?? 'shared-routines';
  }

  private async sync(simPhone: SimPhone, command: Extract<Command, { do: 'sync' }>): Promise<void> {
    const pushedWith = simPhone.cursor;
    const pushed = simPhone.preparePush();
    if (command.push === 'request lost') return;
    const answer = await this.push(simPhone, pushed, command.push === 'three at once');
    if (command.push === 'answer lost') return;
    simPhone.applyPush(answer, pushed);
    if (command.push === 'crash') return this.check();
    simPhone.saveCursor(answer);
    if (simPhone.firstGeneration) simPhone.cursor = pushedWith;
    await this.check();
    await this.pull(simPhone, command, pushed);
  }

  private async push(simPhone: SimPhone, { body, sent }: Pushed, thrice: boolean): Promise<PushAnswer> {
    this.requests.push({ ...body, deviceId: simPhone.api.deviceId });
    const answers = await Promise.all(
      Array.from({ length: thrice ? 3 : 1 }, () => simPhone.api.request('push', body)),
    );
    const [answer] = answers as [PushAnswer];
    for (const other of answers) expect(other.idMappings).toEqual(answer.idMappings);
    const mapped = Object.values(answer.idMappings).reduce((sum, ids) => sum + Object.keys(ids).length, 0);
    expect(mapped + answer.rejected.length).toBe(sent.length);
    for (const { collection, record } of sent) this.accept(collection, record, answer);
    await this.check();
    return answer;
  }

  private accept(collection: SimCollection, record: WireRecord, { idMappings }: PushAnswer): void {
    const serverId = idMappings[collection]?.[record.clientId];
    if (!serverId) return;
    const content = collection === 'badges' ? record['earnedAt'] : record['name'];
    this.accepted.add(stateKey(serverId, content, record['updatedAt'], record['deletedAt']));
  }

  private async pull(
    simPhone: SimPhone,
    { pull, limit }: { pull: Fault; limit: number | null },
    pushed: Pushed | null,
  ): Promise<void> {
    if (pull === 'request lost') return;
    for (;;) {
      const status = await simPhone.api.status(simPhone.cursor);
      const answer = await simPhone.api.request('pull', {
        lastSync: simPhone.cursor,
        epoch: simPhone.epoch,
        limit,
      });
      const brought = SIM_COLLECTIONS.flatMap((name) => answer[name] ?? []);
      if (!answer.hasMore) expect(status.pendingChanges).toBe(brought.length);
      else expect(status.pendingChanges).toBeGreaterThan(brought.length);
      if (pushed) this.checkHolding(pushed, brought);
      if (pull === 'answer lost') return;
      simPhone.applyPull(answer);
      if (pull === 'crash') return this.check();
      simPhone.saveCursor(answer);
      await this.check();
      if (!answer.hasMore || pull === 'stopped after a page') return;
    }
  }

  /** Law 6: what the push just sent, and what is the head exactly as sent, does not come back. */
  private checkHolding({ sent }: Pushed, brought: readonly WireRecord[]): void {
    for (const { record } of sent) {
      const back = brought.find(
        ({ clientId, serverId }) => clientId === record.clientId || serverId === record.serverId,
      );
      if (back && record['updatedAt'] === back['updatedAt'] && record['deletedAt'] === back['deletedAt'])
        expect(back['name'] ?? back['earnedAt']).not.toEqual(record['name'] ?? record['earnedAt']);
    }
  }

  /** Law 5: repeating any earlier request changes nothing. */
  private async replay(index: number): Promise<void> {
    const body = this.requests[index % Math.max(1, this.requests.length)];
    if (!body) return;
    const before = await readServer(this.sql, this.userId);
    await this.phones[0].api.request('push', body);
    const after = await readServer(this.sql, this.userId);
    expect({ ...after, now: 0 }).toEqual({ ...before, now: 0 });
  }

  private async restoreVersion(
    simPhone: SimPhone,
    command: Extract<Command, { do: 'restore version' }>,
  ): Promise<void> {
    const { record, collection } = simPhone.locals[command.record] ?? {};
    if (!record?.serverId || !collection) return;
    const path = `/api/sync/history/${collection}/${record.serverId}/${command.version}/restore`;
    const { status } = await simPhone.api.send(path, {});
    expect([200, 404]).toContain(status);
    await this.check();
  }

  /** Laws 1, 3 and 4, after every step. */
  private async check(): Promise<void> {
    const view = await readServer(this.sql, this.userId);
    expect(view.clock).toBeGreaterThanOrEqual(this.view.clock);
    expect(view.clock).toBeLessThan(view.now + 50);
    this.view = view;
    const heads = new Map(
      [...view.heads.values()].map((h) => [stateKey(h.serverId, h.content, h.updatedAt, h.deletedAt), h]),
    );
    for (const state of this.accepted) {
      const count = (heads.has(state) ? 1 : 0) + (view.history.get(state) ?? 0);
      if (count !== 1) throw new Error(`an accepted state is kept ${count} times: ${state}`);
    }
    for (const simPhone of this.phones) this.checkNothingMissed(simPhone, view);
  }

  private checkNothingMissed(simPhone: SimPhone, { heads }: ServerView): void {
    for (const head of heads.values()) {
      if (head.version > simPhone.cursor || !head.shown) continue;
      const local = simPhone.locals.find(({ record }) => record.serverId === head.serverId);
      if (local?.dirty || (local && shows(local, head))) continue;
      if (!local && (head.deletedAt !== null || head.hidden)) continue;
      throw new Error(
        `${simPhone.api.deviceId} at ${simPhone.cursor} misses ${JSON.stringify(head)}, has ${JSON.stringify(local)}`,
      );
    }
  }

  /** Law 2: when everybody has pushed and pulled without new edits, all are alike. */
  async converge(): Promise<void> {
    for (let round = 0; round < 3; round++)
      for (const simPhone of this.phones)
        await this.sync(simPhone, { do: 'sync', phone: 0, push: 'none', pull: 'none', limit: null });
    const { heads } = await readServer(this.sql, this.userId);
    for (const simPhone of this.phones) {
      expect(simPhone.locals.filter(({ dirty }) => dirty)).toEqual([]);
      for (const head of heads.values()) {
        const local = simPhone.locals.find(({ record }) => record.serverId === head.serverId);
        // A child whose parent nobody has sent is held back; what phones have of it may differ until then.
        if (!head.shown || (local ? shows(local, head) : head.hidden || head.deletedAt !== null)) continue;
        throw new Error(
          `${simPhone.api.deviceId} ends with ${JSON.stringify(local)} for ${JSON.stringify(head)}`,
        );
      }
      for (const { record } of simPhone.locals) expect([...heads.keys()]).toContain(record.serverId);
      expect(new Set(simPhone.locals.map(({ record }) => record.serverId)).size).toBe(simPhone.locals.length);
    }
  }
}

function shows(
  { collection, record }: Local,
  head: { content: string; updatedAt: number; deletedAt: number | null },
): boolean {
  const content = String(collection === 'badges' ? record['earnedAt'] : record['name']);
  return (
    content === head.content &&
    record['updatedAt'] === head.updatedAt &&
    (record['deletedAt'] ?? null) === head.deletedAt
  );
}
