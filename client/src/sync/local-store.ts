import { v4 as newId } from 'uuid';
import type { ReadTransaction, Store, WriteTransaction } from '../store/store.js';
import { COLLECTION_NAMES } from './complete.js';
import { type DeviceState, getState, readState, widened, writeState } from './device-state.js';
import { Observable } from './observable.js';
import { type ChangedRecord, RecordBook } from './record-book.js';
import { RecordView } from './record-view.js';

const NEW_DEVICE: Omit<DeviceState, 'deviceId'> = {
  userId: null,
  cursor: 0,
  epoch: null,
  sequence: 0,
  sentUpTo: 0,
  knows: COLLECTION_NAMES,
  lastSyncedAt: null,
};

/** The store with what this package means by its tables: records, marks, and where the device stands. */
export class LocalStore {
  /** What every finished transaction has changed. */
  readonly changes = new Observable<readonly ChangedRecord[]>([]);
  #opened: Promise<unknown> | undefined;

  constructor(
    private readonly store: Store,
    private readonly deviceId: string | undefined,
  ) {}

  async read<T>(work: (view: RecordView, tx: ReadTransaction) => Promise<T>): Promise<T> {
    await this.open();
    return this.store.read((tx) => work(new RecordView(tx), tx));
  }

  /** All or nothing; listeners hear of it only when it is stored. */
  async write<T>(work: (book: RecordBook, tx: WriteTransaction) => Promise<T>): Promise<T> {
    await this.open();
    let changed: readonly ChangedRecord[] = [];
    const result = await this.store.write((tx) =>
      RecordBook.write(tx, (book) => {
        changed = book.changed;
        return work(book, tx);
      }),
    );
    if (changed.length > 0) this.changes.set(changed);
    return result;
  }

  state(): Promise<DeviceState> {
    return this.read((_, tx) => getState(tx));
  }

  /** A device names itself once, in its first transaction; the name stays with the store. */
  private open(): Promise<unknown> {
    return (this.#opened ??= this.store
      .write(async (tx) => {
        const held = await readState(tx);
        if (held) return writeState(tx, widened(held));
        const deviceId = this.deviceId ?? newId();
        await writeState(tx, { ...NEW_DEVICE, deviceId });
      })
      .catch((error: unknown) => {
        // The next call tries again: a full disk can be emptied.
        this.#opened = undefined;
        throw error;
      }));
  }
}
