import { MemoryStore } from '../../src/store/memory-store.js';
import type { Json, Store, WriteTransaction } from '../../src/store/store.js';
import { storeContract } from '../../src/store/store-contract.js';

type Damage = (tx: WriteTransaction) => Partial<WriteTransaction>;

/** A sound store, the transactions of which behave otherwise in some point. */
function damaged(store: Store, damage: Damage): Store {
  const spoil = (tx: WriteTransaction): WriteTransaction => ({
    get: (table, key) => tx.get(table, key),
    list: (table, range) => tx.list(table, range),
    count: (table, prefix) => tx.count(table, prefix),
    put: (table, key, value) => tx.put(table, key, value),
    delete: (table, key) => tx.delete(table, key),
    ...damage(tx),
  });
  return {
    read: (work) => store.read((tx) => work(spoil(tx as WriteTransaction))),
    write: (work) => store.write((tx) => work(spoil(tx))),
    close: () => store.close(),
  };
}

const throughJson = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

/** What authors of stores get wrong. */
const DAMAGES: Record<string, Damage> = {
  'loses the sign of zero': (tx) => ({ put: (table, key, value) => tx.put(table, key, throughJson(value)) }),
  'gives null for what is missing': (tx) => ({
    get: async (table, key) => (await tx.get(table, key)) ?? null,
  }),
  'takes its copy late': (tx) => ({
    put: async (table, key, value) => {
      await Promise.resolve();
      await tx.put(table, key, value);
    },
  }),
  'includes the key of "after"': (tx) => ({
    list: async (table, { after, ...range } = {}) =>
      (await tx.list(table, range)).filter(({ key }) => after === undefined || key >= after),
  }),
  'orders as a dictionary does': (tx) => ({
    list: async (table, range) =>
      (await tx.list(table, range)).toSorted((a, b) => a.key.localeCompare(b.key)),
  }),
  'takes a limit of 0 for none': (tx) => ({
    list: (table, { limit, ...range } = {}) => tx.list(table, limit ? { ...range, limit } : range),
  }),
  'takes a prefix for a pattern': (tx) => ({
    list: async (table, { prefix = '', ...range } = {}) => {
      const pattern = new RegExp(`^${prefix.replace('%', '.*').replace('_', '.')}`);
      return (await tx.list(table, range)).filter(({ key }) => pattern.test(key));
    },
  }),
  'counts everything': (tx) => ({ count: (table) => tx.count(table) }),
  'does not see its own writes': () => ({ get: async () => undefined }),
  'takes any key': (tx) => ({
    put: (table, key, value) => tx.put(table, encodeURIComponent(key) || '%', value),
  }),
  'takes what is not JSON': (tx) => ({
    put: (table, key, value) => tx.put(table, key, throughJson(value ?? 0)),
  }),
};

async function failures(open: () => Promise<Store>, severalHandles: boolean): Promise<string[]> {
  const failed: string[] = [];
  for (const { title, run } of storeContract({ severalHandles })) {
    let last: Store | undefined;
    await run({ open: async () => (last ??= await open()) }).catch(() => failed.push(title));
  }
  return failed;
}

/** Only persistence needs a store that can be opened again, which the ones of this file cannot. */
const PERSISTENCE = 'what was written is there after the store was closed and opened again';

describe('The contract of stores', () => {
  it('is kept by a sound store', async () => {
    expect(await failures(async () => damaged(new MemoryStore(), () => ({})), false)).toEqual([PERSISTENCE]);
  });

  it.each(Object.entries(DAMAGES))('is not kept by a store that %s', async (_name, damage) => {
    const failed = await failures(async () => damaged(new MemoryStore(), damage), false);
    expect(failed.filter((title) => title !== PERSISTENCE)).not.toEqual([]);
  });

  it('is not kept by a store that does not roll back', async () => {
    const failed = await failures(async () => {
      const store = new MemoryStore();
      return {
        read: (work) => store.read(work),
        close: () => store.close(),
        write: async (work) => {
          const outcome = await store.write((tx) =>
            work(tx).then(
              (result) => ({ result }),
              (error: unknown) => ({ error }),
            ),
          );
          if ('error' in outcome) throw outcome.error;
          return outcome.result;
        },
      };
    }, false);
    expect(failed).toContain('an error rolls everything back and is thrown on as it is');
  });

  it('is not kept by a store whose handles have nothing in common', async () => {
    const failed: string[] = [];
    for (const { title, run } of storeContract())
      await run({ open: async () => new MemoryStore() }).catch(() => failed.push(title));
    expect(failed).toEqual([
      PERSISTENCE,
      'what one handle has written the other sees',
      'writes through two handles happen one at a time',
    ]);
  });
});
