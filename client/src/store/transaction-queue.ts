/** Whoever waits for its turn; `begin` is called once it has it. */
interface Waiting {
  alone: boolean;
  begin: () => void;
}

/**
 * First come, first served: several that share, or one that is alone. A writer is not overtaken by later readers, so
 * nobody waits forever.
 */
export class TransactionQueue {
  readonly #waiting: Waiting[] = [];
  #sharing = 0;
  #alone = false;

  share<T>(work: () => Promise<T>): Promise<T> {
    return this.#run(false, work);
  }

  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#run(true, work);
  }

  async #run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#free(alone)) this.#enter(alone);
    else await new Promise<void>((begin) => this.#waiting.push({ alone, begin }));
    try {
      return await work();
    } finally {
      if (alone) this.#alone = false;
      else this.#sharing--;
      this.#next();
    }
  }

  #free(alone: boolean): boolean {
    return !this.#alone && (!alone || this.#sharing === 0);
  }

  #enter(alone: boolean): void {
    if (alone) this.#alone = true;
    else this.#sharing++;
  }

  /** Enters on behalf of those who may go on: were they to do it themselves, a newcomer could come between. */
  #next(): void {
    for (let first = this.#waiting[0]; first && this.#free(first.alone); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#enter(first.alone);
      first.begin();
    }
  }
}
