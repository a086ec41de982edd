import type { Store } from '../store.js';
import { get, increment, keysOf, put, rejected, same } from './check.js';
import type { StoreContractCase, StoreUnderTest } from './check.js';

/** A test that needs the same store opened twice. */
function testTwo(title: string, body: (one: Store, two: Store) => Promise<void>): StoreContractCase {
  return {
    title,
    run: async ({ open }) => {
      const one = await open();
      const two = await open();
      try {
        await body(one, two);
      } finally {
        await one.close();
        await two.close();
      }
    },
  };
}

export const PERSISTENCE: StoreContractCase[] = [
  {
    title: 'what was written is there after the store was closed and opened again',
    run: async ({ open }) => {
      await using(open, async (store) => {
        await put(store, 'meta', 'kept', { text: 'ü', zero: -0 });
        await put(store, 'meta', 'deleted', 1);
        await store.write((tx) => tx.delete('meta', 'deleted'));
        await rejected(
          store.write(async (tx) => {
            await tx.put('meta', 'back', 1);
            throw new Error('back');
          }),
          'the write',
        );
      });
      await using(open, async (store) => {
        same(await keysOf(store, 'meta'), ['kept'], 'the keys');
        same(await get(store, 'meta', 'kept'), { text: 'ü', zero: -0 }, 'the value');
      });
    },
  },
];

export const SEVERAL_HANDLES: StoreContractCase[] = [
  testTwo('what one handle has written the other sees', async (one, two) => {
    await put(one, 'meta', 'key', 1);
    same(await get(two, 'meta', 'key'), 1, 'the value');
    await put(two, 'meta', 'key', 2);
    same(await get(one, 'meta', 'key'), 2, 'the value');
  }),

  testTwo('writes through two handles happen one at a time', async (one, two) => {
    const all = Array.from({ length: 100 }, () => [increment(one), increment(two)]);
    await Promise.all(all.flat());
    same(await get(one, 'meta', 'count'), 200, 'the counter');
  }),

  testTwo('a read of one handle sees nothing of an unfinished write of the other', async (one, two) => {
    await put(one, 'meta', 'left', 0);
    await put(one, 'meta', 'right', 0);
    const move = (to: number): Promise<void> =>
      one.write(async (tx) => {
        await tx.put('meta', 'left', to);
        await tx.put('meta', 'right', to);
      });
    const look = (): Promise<void> =>
      two.read(async (tx) => {
        const left = await tx.get('meta', 'left');
        same(await tx.get('meta', 'right'), left, 'both halves');
      });
    await Promise.all(Array.from({ length: 50 }, (_, at) => Promise.all([move(at), look()])));
  }),

  testTwo('closing one handle leaves the other open', async (one, two) => {
    await put(one, 'meta', 'key', 1);
    await one.close();
    await put(two, 'meta', 'key', 2);
    same(await get(two, 'meta', 'key'), 2, 'the value');
  }),
];

async function using(open: StoreUnderTest['open'], body: (store: Store) => Promise<void>): Promise<void> {
  const store = await open();
  try {
    await body(store);
  } finally {
    await store.close();
  }
}
