export type Listener<T> = (value: T) => void;

/** A value that can be watched: `get` and `subscribe` are what React's useSyncExternalStore takes. */
export class Observable<T> {
  readonly #listeners = new Set<Listener<T>>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  /** @returns what ends it */
  readonly subscribe = (listener: Listener<T>): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(value: T): void {
    this.#value = value;
    for (const listener of this.#listeners)
      try {
        listener(value);
      } catch (error) {
        // A fault of the application: it is reported as one, and does not look like a failed sync.
        queueMicrotask(() => {
          throw error;
        });
      }
  }
}
