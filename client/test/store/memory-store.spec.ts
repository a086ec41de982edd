import { MemoryStore } from '../../src/store/memory-store.js';
import { storeContract } from '../../src/store/store-contract.js';

describe('MemoryStore', () => {
  it.each(storeContract({ severalHandles: false }))('$title', async ({ run }) => {
    let last: MemoryStore | undefined;
    await run({
      open: async () => {
        last = last ? MemoryStore.from(last.snapshot()) : new MemoryStore();
        return last;
      },
    });
  });

  it('gives snapshots that later writes do not change', async () => {
    const store = new MemoryStore();
    await store.write((tx) => tx.put('meta', 'a', { n: 1 }));
    const snapshot = store.snapshot();
    await store.write(async (tx) => {
      await tx.put('meta', 'a', { n: 2 });
      await tx.put('meta', 'b', 1);
    });
    const clone = MemoryStore.from(snapshot);
    expect(await clone.read((tx) => tx.list('meta'))).toEqual([{ key: 'a', value: { n: 1 } }]);
    expect(await store.read((tx) => tx.get('meta', 'a'))).toEqual({ n: 2 });
  });

  it('makes clones that know nothing of each other', async () => {
    const store = new MemoryStore();
    await store.write((tx) => tx.put('meta', 'a', 1));
    const snapshot = store.snapshot();
    const [one, two] = [MemoryStore.from(snapshot), MemoryStore.from(snapshot)];
    await one.write((tx) => tx.put('meta', 'a', 2));
    await two.write((tx) => tx.delete('meta', 'a'));
    const found = await Promise.all([store, one, two].map((each) => each.read((tx) => tx.get('meta', 'a'))));
    expect(found).toEqual([1, 2, undefined]);
  });

  it('leaves an unfinished write out of a snapshot, as a crash would', async () => {
    const store = new MemoryStore();
    await store.write((tx) => tx.put('meta', 'a', 1));
    const crashed = await store.write(async (tx) => {
      await tx.put('meta', 'a', 2);
      await tx.put('meta', 'a', 3);
      await tx.put('records', 'b', 1);
      return MemoryStore.from(store.snapshot());
    });
    expect(await crashed.read((tx) => tx.get('meta', 'a'))).toBe(1);
    expect(await crashed.read((tx) => tx.count('records'))).toBe(0);
    expect(await store.read((tx) => tx.get('meta', 'a'))).toBe(3);
  });

  it('rolls back what it changed after a snapshot, and the snapshot stays', async () => {
    const store = new MemoryStore();
    await store.write((tx) => tx.put('meta', 'a', 1));
    const snapshot = store.snapshot();
    const failing = store.write(async (tx) => {
      await tx.put('meta', 'a', 2);
      throw new Error('back');
    });
    await expect(failing).rejects.toThrow('back');
    for (const each of [store, MemoryStore.from(snapshot)])
      expect(await each.read((tx) => tx.list('meta'))).toEqual([{ key: 'a', value: 1 }]);
  });
});
