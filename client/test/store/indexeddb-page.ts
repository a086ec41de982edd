// Runs in the browser: what indexeddb-store.e2e-spec.ts calls there by name.
import { get, increment, put } from '../../src/store/contract/check.js';
import { openIndexedDbStore } from '../../src/store/indexeddb-store.js';
import { storeContract } from '../../src/store/store-contract.js';

/** The page's connections, as the browser sees them. */
const connections = new Set<IDBDatabase>();
const transaction: IDBDatabase['transaction'] = Reflect.get(IDBDatabase.prototype, 'transaction');
IDBDatabase.prototype.transaction = function (...args) {
  connections.add(this);
  return transaction.apply(this, args);
};

async function runCase(title: string): Promise<void> {
  const found = storeContract().find((each) => each.title === title);
  if (!found) throw new Error(`There is no case "${title}"`);
  await found.run({ open: () => openIndexedDbStore(`contract: ${title}`) });
}

async function countTo(name: string, times: number): Promise<void> {
  const store = await openIndexedDbStore(name);
  await Promise.all(Array.from({ length: times }, () => increment(store)));
  await store.close();
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('The request failed')));
  });
}

/** The error of a promise as something that can be sent to the test. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    ({ code, message, name }: { code?: string; message: string; name: string }) => ({ code, message, name }),
  );

Object.assign(globalThis, {
  page: {
    get,
    put,
    open: openIndexedDbStore,
    runCase,
    countTo,
    errorOf,
    /** Opens a database as an app of another version does. */
    openVersion: async (name: string, version: number) =>
      (await settled(indexedDB.open(name, version))).version,
    deleteDatabase: (name: string) => settled(indexedDB.deleteDatabase(name)),
    /** What iOS does to an app that was in the background. */
    closeConnections: () => {
      for (const connection of connections) connection.close();
    },
    /** Something that is no method of a transaction. */
    elsewhere: () => new Promise((resolve) => setTimeout(resolve, 1)),
  },
});
