import type { MemoryStore } from '../../client/src/store/memory-store.js';
import type { ReadTransaction, Store, WriteTransaction } from '../../client/src/store/store.js';
import type { StoreFault } from './commands.js';

/** The storage of one running phone: over memory that outlives it. Its transactions fail, and its process dies in them. */
export class MortalStore implements Store {
  private fault: StoreFault | null = null;
  private left = 0;
  isDead = false;

  constructor(
    private readonly memory: MemoryStore,
    private readonly onDeath: () => void,
  ) {}

  /** The transaction after `left` others will go wrong. */
  arm(fault: StoreFault, left: number): void {
    this.fault = fault;
    this.left = left;
  }

  disarm(): void {
    this.fault = null;
  }

  read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    if (this.isDead) return Promise.reject(new Error('the process is dead'));
    return this.memory.read(work);
  }

  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error('the process is dead');
    const fault = this.fault !== null && this.left-- === 0 ? this.fault : null;
    if (fault !== null) this.fault = null;
    const result = await this.memory.write(async (tx) => {
      const done = await work(tx);
      if (fault === 'dies before the commit') this.die();
      if (fault === 'disk full' || this.isDead) throw new Error(fault ?? 'the process is dead');
      return done;
    });
    if (fault === 'dies after the commit') {
      this.die();
      throw new Error(fault);
    }
    return result;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A process that was ended from outside. */
  die(): void {
    this.isDead = true;
    this.onDeath();
  }
}
