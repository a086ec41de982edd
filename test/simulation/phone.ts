import type { CollectionName } from '../../client/src/sync/collections.js';
import { isRowNumber, type LocalRecord } from '../../client/src/sync/record.js';
import { type MemorySnapshot, MemoryStore } from '../../client/src/store/memory-store.js';
import type { DeviceState } from '../../client/src/sync/device-state.js';
import { SyncManager } from '../../client/src/sync/sync-manager.js';
import type { Edit, SimCollection } from './commands.js';
import { Line, type Observer } from './line.js';
import { fieldsOfEdit, fieldsOfNew, PARENTS } from './marks.js';
import { MortalStore } from './mortal-store.js';
import type { SimServer, ViewedHead } from './server.js';

/** Different for every phone: pages of one record up to all at once, pushes likewise. */
const PAGE_RECORDS = [2, 1, 1000, 3, 1];
const BATCH_RECORDS = [1000, 2, 3, 1, 1000];

/** What an application saves. */
type Edited = Parameters<SyncManager['records']['save']>[1];

const ROWS_APART = 1000;

export interface World {
  server: SimServer;
  observer: Observer;
  /** Numbers the edits of all phones. */
  nextEdit: () => number;
}

/** What a backup of a phone holds. */
interface PhoneBackup {
  memory: MemorySnapshot;
  account: number;
  rows: number;
}

export interface Reinstalled {
  keeps: 'device id' | 'device id and cursor' | 'nothing';
  /** A new one, where it keeps none. */
  deviceId?: string;
  account: number;
}

/** A phone of the simulation: a real SyncManager on a real MemoryStore, with a clock that may be wrong. */
export class SimPhone {
  memory = new MemoryStore();
  store: MortalStore;
  line: Line;
  manager: SyncManager;
  minutesOff = 0;
  backup: PhoneBackup | null = null;
  /** It gives row numbers that were given under its device id before. */
  countsAnew = false;
  /** The last row number this installation gave. */
  private rows = 0;

  constructor(
    private readonly world: World,
    readonly number: number,
    public account: number,
    public deviceId: string,
  ) {
    this.start(account);
  }

  /** A new process on what the memory holds, signed in to an account. */
  start(account: number): void {
    this.store?.die();
    const { server, observer } = this.world;
    const line = new Line(account, observer);
    this.line = line;
    this.store = new MortalStore(this.memory, () => line.cut());
    this.manager = new SyncManager({
      api: server.apiFor(account, line),
      store: this.store,
      device: { deviceId: this.deviceId, platform: 'simulation' },
      now: () => server.now() + this.minutesOff * 60_000,
      pageRecords: PAGE_RECORDS[this.number % 5],
      batchRecords: BATCH_RECORDS[this.number % 5],
    });
  }

  backUp(): void {
    this.backup = { memory: this.memory.snapshot(), account: this.account, rows: this.rows };
  }

  /** @returns whether there was a backup */
  restoreBackup(): boolean {
    if (!this.backup) return false;
    this.countsAnew ||= this.rows > this.backup.rows;
    this.rows = this.backup.rows;
    this.install(MemoryStore.from(this.backup.memory), this.backup.account);
    return true;
  }

  /** Everything is gone but what it keeps; a careless app keeps its cursor where it should not. */
  async reinstall({ keeps, deviceId, account }: Reinstalled): Promise<void> {
    const before = this.stateNow();
    if (keeps === 'nothing') this.deviceId = deviceId ?? this.deviceId;
    const memory = new MemoryStore();
    if (before && keeps === 'device id and cursor')
      await memory.write((tx) => tx.put('meta', 'device', { ...before, userId: null, lastSyncedAt: null }));
    this.countsAnew = keeps !== 'nothing' && (this.countsAnew || this.rows > 0);
    this.rows = 0;
    this.install(memory, account);
  }

  private install(memory: MemoryStore, account: number): void {
    this.store.die();
    this.memory = memory;
    this.account = account;
    this.start(account);
  }

  clone(number: number): SimPhone {
    const copy = new SimPhone(this.world, number, this.account, this.deviceId);
    // Two phones that give one row number to two things under one device id cannot be told apart by any server.
    copy.rows = this.rows + ROWS_APART * number;
    copy.install(MemoryStore.from(this.memory.snapshot()), this.account);
    return copy;
  }

  /** All rows of the store, seen without its transactions. */
  rowsNow(): LocalRecord[] {
    const { records } = this.memory.snapshot();
    return records.keys().map((key) => records.get(key) as unknown as LocalRecord);
  }

  /** The row that a server id leads to. */
  rowNow(collection: SimCollection, serverId: string): LocalRecord | undefined {
    const { records, names } = this.memory.snapshot();
    const key = collection === 'gamificationStats' ? '1' : names.get(`${collection}/${serverId}`);
    return records.get(`${collection}/${key as string}`) as unknown as LocalRecord | undefined;
  }

  stateNow(): DeviceState | undefined {
    return this.memory.snapshot().meta.get('device') as DeviceState | undefined;
  }

  /** A record whose making was sent, but not acknowledged: the phone does not know its server id. */
  hasUnacknowledged({ collection, keys }: ViewedHead): boolean {
    const { deviceId } = this.stateNow() ?? this;
    return this.known(collection).some(
      ({ dirty, record }) =>
        dirty !== undefined && !record.serverId && keys.includes(keyOf(record.clientId, deviceId)),
    );
  }

  private known(collection: SimCollection): LocalRecord[] {
    return this.rowsNow().filter((row) => row.collection === collection);
  }

  async edit({ collection, record, parent, kind }: Edit): Promise<void> {
    const n = this.world.nextEdit();
    const known = this.known(collection);
    const old = collection === 'badges' ? badge(known, record) : known[record];
    const name = collection as CollectionName;
    if (kind === 'remove') {
      if (old && collection !== 'gamificationStats') await this.manager.records.remove(name, idOf(old));
      return;
    }
    const made = old ? { clientId: idOf(old) } : this.newRecord(collection, record, parent, n);
    const fields = fieldsOfEdit(collection, n, kind === 'spoil');
    await this.manager.records.save(name, { ...made, ...fields } as Edited);
  }

  /** The user mends what the portal would not take, or gives it up where it is new. @returns how much that was */
  async mendRefused(): Promise<number> {
    const refused = await this.manager.records.rejected();
    for (const { collection, record, base } of refused) {
      const { clientId } = record;
      const fields = fieldsOfEdit(collection as SimCollection, this.world.nextEdit(), false);
      if (base || collection === 'gamificationStats')
        await this.manager.records.save(collection, { clientId, ...fields });
      else await this.manager.records.discard(collection, clientId);
    }
    return refused.length;
  }

  private newRecord(collection: SimCollection, record: number, parent: number, n: number): object {
    const parents = Object.fromEntries(
      Object.entries(PARENTS[collection] ?? {}).map(([reference, collection]) => [
        reference,
        this.known(collection)[parent]?.record.clientId ?? `shared ${collection}`,
      ]),
    );
    const fields = fieldsOfNew(collection, collection === 'badges' ? record : n);
    return { clientId: this.newId(collection, record, n), ...fields, ...parents };
  }

  /**
   * Row numbers where they are given in the wild: to what has a natural key, by which a server that was restored to before
   * it was made knows that '1' of one phone and the server id that others have for it are one. Else the same id on every
   * phone, or a UUID, in capitals as some phones write them.
   */
  private newId(collection: SimCollection, record: number, n: number): string {
    if (collection === 'badges' || collection === 'records') return String(++this.rows);
    return record === 0 ? `Shared ${collection}` : `ABCDEF00-0000-4000-8000-${String(n).padStart(12, '0')}`;
  }
}

/** A phone earns a badge once: it edits the one it has, wherever that came from. */
const badge = (known: readonly LocalRecord[], n: number) =>
  known.find(({ record }) => record['badgeId'] === `badge_${n % 3}`);

const keyOf = (id: string, deviceId: string) =>
  isRowNumber(id) ? `d:${deviceId}/${id}` : `g:${id.toLowerCase()}`;

const idOf = ({ record }: LocalRecord) => record.serverId ?? record.clientId;
