import type { Json, Store, Table } from '../store.js';

/** What a test is given. */
export interface StoreUnderTest {
  /**
   * Opens the store of this test, which is empty at first. Called again it opens the same data once more, as another tab
   * or process does, or as the app does after a restart.
   */
  readonly open: () => Promise<Store>;
}

export interface StoreContractCase {
  readonly title: string;
  /** Rejects if the promise of the title is not kept. Closes what it opens. */
  readonly run: (store: StoreUnderTest) => Promise<void>;
}

/** A test that needs the store opened once. */
export function test(title: string, body: (store: Store) => Promise<void>): StoreContractCase {
  return {
    title,
    run: async ({ open }) => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    },
  };
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Not kept: ${message}`);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  check(isSame(actual, expected), `${what}: expected ${shown(expected)}, got ${shown(actual)}`);
}

/** Everything but the order of properties counts, the sign of zero too. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(member(a, key), member(b, key)))
  );
}

const member = (object: object, key: string): unknown => (object as Record<string, unknown>)[key];

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 300);

/** Gives the error with which the promise is rejected. */
export async function rejected(promise: Promise<unknown>, what: string): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  check(error instanceof Error, `${what} must reject with an Error, got ${String(error)}`);
  return error;
}

export const put = (store: Store, table: Table, key: string, value: Json): Promise<void> =>
  store.write((tx) => tx.put(table, key, value));

export const get = (store: Store, table: Table, key: string): Promise<Json | undefined> =>
  store.read((tx) => tx.get(table, key));

export const keysOf = async (
  store: Store,
  table: Table,
  range?: { prefix?: string; after?: string; limit?: number },
): Promise<string[]> => (await store.read((tx) => tx.list(table, range))).map(({ key }) => key);

export const putKeys = (store: Store, table: Table, keys: readonly string[]): Promise<void> =>
  store.write(async (tx) => {
    await Promise.all(keys.map((key) => tx.put(table, key, key)));
  });

/** Adds one to the number under meta/count. */
export const increment = (store: Store): Promise<void> =>
  store.write(async (tx) => {
    const count = (await tx.get('meta', 'count')) ?? 0;
    await tx.put('meta', 'count', Number(count) + 1);
  });
