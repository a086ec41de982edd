import { isDeepStrictEqual } from 'node:util';
import type { Checked } from './check-records.js';
import { NAMES } from './model/collections.js';
import { type CheckCommand, RudePhone } from './model-check.js';
import { type Backup, ModelServer } from './model-server.js';
import { allHeads } from './model/state.js';
import type { WireRecord } from './model/records.js';
import type { Ablation } from './model/switches.js';
import type { RealAccount, SavedRows } from './real-account.js';

const USER = 'user';
const TWENTY_MINUTES = 20 * 60_000;

type Json = Record<string, unknown>;

/**
 * Asks the real server and the model the same, and compares every answer. The real one goes first: the model is then
 * given its time, so that versions and cursors must be equal to the millisecond. Only server ids differ; they are
 * translated, once both have named the same record.
 */
export class CheckRun {
  private readonly phones = [0, 1, 2].map((n) => new RudePhone(`phone ${n}`));
  private readonly requests: Json[] = [];
  private readonly toModel = new Map<string, string>();
  private readonly toReal = new Map<string, string>();
  private now = Date.now();
  private clock = 0;
  private saved: { rows: SavedRows; model: Backup } | null = null;
  private readonly model: ModelServer;

  private constructor(
    private readonly real: RealAccount,
    ablation: Ablation | null,
  ) {
    this.model = new ModelServer({ now: () => this.now, ablation });
  }

  static async begin(real: RealAccount, ablation: Ablation | null = null): Promise<CheckRun> {
    const run = new CheckRun(real, ablation);
    run.model.epoch = await real.epoch();
    return run;
  }

  async run(command: CheckCommand): Promise<void> {
    if (command.do === 'push') return this.push(command);
    if (command.do === 'pull') return this.pull(command);
    if (command.do === 'repeat') return this.repeat(command.request);
    if (command.do === 'restore version') return this.restoreVersion(command);
    if (command.do === 'twenty minutes pass') return this.twentyMinutesPass();
    if (command.do === 'back up') this.saved = { rows: await this.real.save(), model: this.model.backup() };
    else if (this.saved) {
      const epoch = await this.real.restore(this.saved.rows);
      this.model.restore(this.saved.model);
      this.model.epoch = epoch;
      this.clock = await this.real.clock();
      this.requests.length = 0;
    }
  }

  private async push({
    phone,
    records,
    cursor,
    epoch,
    receipt,
    answer,
  }: Extract<CheckCommand, { do: 'push' }>) {
    const from = this.phones[phone];
    const request = {
      deviceId: from.deviceId,
      lastSync: from.presented(cursor, this.phones),
      epoch: from.epochFor(epoch),
      receipt: from.receiptFor(receipt),
      ...from.sectionsOf(records),
    };
    this.requests.push(request);
    const pushed = await this.pushBoth(request);
    if (answer === 'lost') return;
    for (const { collection, record } of pushed.superseded)
      from.learn(collection as Checked, record as WireRecord);
    this.learnSent(from, request, pushed.idMappings);
    from.moveTo(pushed);
    from.receipt = pushed.receipt;
  }

  private learnSent(
    from: RudePhone,
    request: Json,
    idMappings: Record<string, Record<string, string>>,
  ): void {
    for (const collection of NAMES)
      for (const record of [request[collection] ?? []].flat() as WireRecord[]) {
        const serverId = idMappings[collection]?.[record.clientId];
        if (serverId) from.learn(collection, { ...record, serverId });
      }
  }

  private async repeat(index: number): Promise<void> {
    const request = this.requests[index % Math.max(1, this.requests.length)];
    if (request) await this.pushBoth(request);
  }

  private async pushBoth(request: Json) {
    const real = await this.real.post('/api/sync/push', this.translated(request, this.toReal));
    await this.takeTime();
    const model = this.model.pushAtOnce(USER, JSON.parse(JSON.stringify(request)));
    await this.pairIds();
    this.compare('push', request, real, model);
    await this.compareClock();
    return model;
  }

  /** The model's wall clock is what the real one gave out; where it gave out nothing, it is asked for nothing. */
  private async takeTime(): Promise<void> {
    const clock = await this.real.clock();
    this.now = clock === this.clock ? Math.max(Date.now(), clock) : clock;
    this.clock = clock;
  }

  private async compareClock(): Promise<void> {
    const { clock } = this.model.account(USER);
    if (clock !== this.clock) throw new Error(`the clocks differ: real ${this.clock}, model ${clock}`);
  }

  /** Ids of both servers grow: sorted, they name the same records. */
  private async pairIds(): Promise<void> {
    const real = await this.real.serverIds();
    const model = [...allHeads(this.model.account(USER))].map(({ serverId }) => serverId).toSorted();
    if (real.length !== model.length) throw new Error(`records: real ${real.length}, model ${model.length}`);
    for (const [n, id] of real.entries()) {
      this.toModel.set(id, model[n]);
      this.toReal.set(model[n], id);
    }
  }

  private async pull(command: Extract<CheckCommand, { do: 'pull' }>): Promise<void> {
    const from = this.phones[command.phone];
    const lastSync = from.presented(command.cursor, this.phones);
    const receipt = from.receiptFor(command.receipt);
    await this.comparePending(from, lastSync, receipt);
    const limit = command.limit === 0 ? undefined : command.limit;
    const request = {
      deviceId: from.deviceId,
      lastSync,
      epoch: from.epochFor(command.epoch),
      receipt,
      limit,
    };
    const real = await this.real.post('/api/sync/pull', request);
    const model = this.model.pull(USER, request);
    checkOrder(real);
    this.compare('pull', request, real, model);
    if (command.answer === 'lost') return;
    for (const collection of NAMES)
      for (const record of [(model as Json)[collection] ?? []].flat() as WireRecord[])
        from.learn(collection, record);
    from.moveTo(model);
  }

  private async comparePending({ deviceId }: RudePhone, lastSync: number, receipt?: number): Promise<void> {
    const real = await this.real.pendingChanges(deviceId, lastSync, receipt);
    const model = this.model.pendingChanges(USER, deviceId, { lastSync, receipt });
    if (real !== model)
      throw new Error(`pendingChanges of ${deviceId} at ${lastSync}: real ${real}, model ${model}`);
  }

  private async restoreVersion(command: Extract<CheckCommand, { do: 'restore version' }>): Promise<void> {
    const known = [...this.phones[command.phone].known.values()].filter(({ record }) => record.serverId);
    const { collection, record } = known[command.record % Math.max(1, known.length)] ?? {};
    if (!collection || !record?.serverId) return;
    const id = this.toReal.get(record.serverId) ?? record.serverId;
    const real = await this.real.restoreVersion(collection, id, command.version);
    await this.takeTime();
    const at = (real as { updatedAt?: number } | null)?.updatedAt;
    const model = this.model.restoreVersion(USER, collection, record.serverId, command.version, at);
    if (model !== (real !== null))
      throw new Error(`restoring ${JSON.stringify(command)}: real ${JSON.stringify(real)}, model ${model}`);
    await this.compareClock();
  }

  private async twentyMinutesPass(): Promise<void> {
    await this.real.endHolding();
    for (const { holding } of this.model.account(USER).devices.values()) holding.until -= TWENTY_MINUTES;
  }

  /** At the end: digests, the whole history, and what every phone would still be sent. */
  async end(): Promise<void> {
    const { collections } = await this.real.get('/api/sync/digest');
    // Hashes contain ids of the server's own making.
    this.compare(
      'digest',
      {},
      { counts: counts(collections) },
      { counts: counts(this.model.digest(USER, null)) },
    );
    for (const [n] of this.phones.entries())
      await this.pull({
        do: 'pull',
        phone: n,
        cursor: 'own',
        epoch: 'ours',
        receipt: 'own',
        limit: 0,
        answer: 'taken',
      });
    for (const past of await this.real.history()) {
      const id = this.toModel.get(past.serverId);
      if (id === undefined) continue;
      const states = this.model.account(USER).history.get(id) ?? [];
      const model = states.map(({ number, reason, device, record }) => ({ number, reason, device, record }));
      this.compare('history', { id }, past, { serverId: id, states: model });
    }
  }

  private compare(what: string, asked: Json, real: object, model: object): void {
    const expected = normalised(this.translated(real as Json, this.toModel));
    const found = normalised(JSON.parse(JSON.stringify(model)) as Json);
    if (isDeepStrictEqual(expected, found)) return;
    throw new Error(
      `${what} ${JSON.stringify(asked)}\n real  ${JSON.stringify(difference(expected, found))}\n model ${JSON.stringify(difference(found, expected))}`,
    );
  }

  private translated(json: Json, ids: ReadonlyMap<string, string>): Json {
    const text = JSON.stringify(json).replaceAll(
      /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g,
      (id) => ids.get(id) ?? id,
    );
    return JSON.parse(text) as Json;
  }
}

const counts = (digest: unknown) =>
  Object.entries(digest as Record<string, { count: number }>)
    .map(([name, { count }]) => `${name} ${count}`)
    .toSorted();

/** Lists are sets, but for their order of collections; words for people do not matter. */
function normalised(answer: Json): Json {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(plain).toSorted((a, b) => (a < b ? -1 : 1)) : value,
    ]),
  );
}

const plain = (entry: unknown) => {
  const { message: _, ...rest } = entry as Json;
  return typeof entry === 'object' ? canonical(rest) : canonical(entry);
};

function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  return `{${Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${key}:${canonical(member)}`)
    .join()}}`;
}

/** The members of the one that the other does not have. */
function difference(one: Json, other: Json): Json {
  return Object.fromEntries(
    Object.entries(one).flatMap(([key, value]) => {
      if (isDeepStrictEqual(value, other[key])) return [];
      const rest = other[key];
      return [
        [key, Array.isArray(value) && Array.isArray(rest) ? value.filter((v) => !rest.includes(v)) : value],
      ];
    }),
  );
}

/** Sections come parents first. */
function checkOrder(answer: object): void {
  const order = Object.keys(answer);
  for (const [parent, child] of [
    ['sessions', 'phaseStats'],
    ['routines', 'supersets'],
    ['supersets', 'routineExercises'],
  ])
    if (order.indexOf(parent) > order.indexOf(child)) throw new Error(`${child} come before ${parent}`);
}
