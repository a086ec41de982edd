import type { ReadTransaction, WriteTransaction } from '../store.js';
import { check, get, increment, keysOf, put, rejected, same, test } from './check.js';
import type { StoreContractCase } from './check.js';

export const TRANSACTIONS: StoreContractCase[] = [
  test('read and write give what their work gives', async (store) => {
    same(await store.write(async () => 'written'), 'written', 'write');
    same(await store.read(async () => 'read'), 'read', 'read');
  }),

  test('a transaction sees its own writes', async (store) => {
    await put(store, 'meta', 'old', 1);
    const seen = await store.write(async (tx) => {
      await tx.put('meta', 'new', 2);
      await tx.put('meta', 'old', 3);
      await tx.put('meta', 'gone', 4);
      await tx.delete('meta', 'gone');
      return [
        await tx.get('meta', 'new'),
        await tx.get('meta', 'gone'),
        await tx.list('meta'),
        await tx.count('meta'),
      ];
    });
    const entries = [
      { key: 'new', value: 2 },
      { key: 'old', value: 3 },
    ];
    same(seen, [2, undefined, entries, 2], 'what it saw');
  }),

  test('several operations may be under way at once and happen in the order of the calls', async (store) => {
    const seen = await store.write((tx) =>
      Promise.all([
        tx.get('meta', 'a'),
        tx.put('meta', 'a', 1),
        tx.get('meta', 'a'),
        tx.put('meta', 'a', 2),
        tx.put('records', 'b', 3),
        tx.delete('meta', 'a'),
        tx.count('meta'),
        tx.list('records'),
      ]),
    );
    same(
      seen,
      [undefined, undefined, 1, undefined, undefined, undefined, 0, [{ key: 'b', value: 3 }]],
      'the answers',
    );
  }),

  test('an error rolls everything back and is thrown on as it is', async (store) => {
    await put(store, 'meta', 'kept', { version: 1 });
    await put(store, 'meta', 'deleted', 1);
    const mine = new Error('mine');
    const thrown = await rejected(
      store.write(async (tx) => {
        await tx.put('meta', 'kept', { version: 2 });
        await tx.put('meta', 'kept', { version: 3 });
        await tx.delete('meta', 'deleted');
        await tx.put('records', 'new', 1);
        throw mine;
      }),
      'the write',
    );
    check(thrown === mine, 'the very error of the work is thrown on');
    same(await get(store, 'meta', 'kept'), { version: 1 }, 'the changed one');
    same(await get(store, 'meta', 'deleted'), 1, 'the deleted one');
    same(await keysOf(store, 'records'), [], 'the new one');
  }),

  test('an error before anything was put does no harm', async (store) => {
    await rejected(
      store.write(async () => {
        throw new Error('at once');
      }),
      'the write',
    );
    await put(store, 'meta', 'key', 1);
    same(await get(store, 'meta', 'key'), 1, 'the next write');
  }),

  test('one rejection among several operations rolls all of them back', async (store) => {
    const mine = new Error('nested');
    const nested = async (tx: WriteTransaction): Promise<void> => {
      await tx.put('records', 'nested', 1);
      throw mine;
    };
    const thrown = await rejected(
      store.write(async (tx) => {
        await Promise.all([tx.put('records', 'a', 1), nested(tx), tx.put('records', 'b', 1)]);
      }),
      'the write',
    );
    check(thrown === mine, 'the very error is thrown on');
    same(await keysOf(store, 'records'), [], 'the keys');
  }),

  test('a read that throws passes its error on, and the store works on', async (store) => {
    const mine = new Error('mine');
    const thrown = await rejected(
      store.read(async (tx) => {
        await tx.get('meta', 'key');
        throw mine;
      }),
      'the read',
    );
    check(thrown === mine, 'the very error is thrown on');
    await put(store, 'meta', 'key', 1);
  }),

  test('after a rollback the order and the count of keys are as before', async (store) => {
    await store.write(async (tx) => {
      for (const key of ['a', 'c', 'e']) await tx.put('records', key, 1);
    });
    await rejected(
      store.write(async (tx) => {
        await tx.put('records', 'b', 1);
        await tx.delete('records', 'c');
        same(
          (await tx.list('records')).map(({ key }) => key),
          ['a', 'b', 'e'],
          'within',
        );
        throw new Error('back');
      }),
      'the write',
    );
    same(await keysOf(store, 'records'), ['a', 'c', 'e'], 'the keys');
    same(await store.read((tx) => tx.count('records')), 3, 'count');
  }),

  test('writes happen one at a time: a hundred at once count to a hundred', async (store) => {
    await Promise.all(Array.from({ length: 100 }, () => increment(store)));
    same(await get(store, 'meta', 'count'), 100, 'the counter');
  }),

  test('a failed write does not stop those behind it', async (store) => {
    const outcomes = await Promise.allSettled([
      increment(store),
      store.write(async (tx) => {
        await tx.put('meta', 'count', 1000);
        throw new Error('back');
      }),
      increment(store),
    ]);
    same(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
      'the outcomes',
    );
    same(await get(store, 'meta', 'count'), 2, 'the counter');
  }),

  test('reads that run beside writes never see half of one', async (store) => {
    const move = (to: number): Promise<void> =>
      store.write(async (tx) => {
        await tx.put('meta', 'left', to);
        await tx.get('meta', 'right');
        await tx.put('records', 'right', to);
      });
    const look = (): Promise<void> =>
      store.read(async (tx) => {
        const left = await tx.get('meta', 'left');
        await tx.count('meta');
        same(await tx.get('records', 'right'), left, 'both halves');
      });
    await move(0);
    await Promise.all(Array.from({ length: 50 }, (_, at) => Promise.all([move(at), look(), look()])));
  }),

  test('a transaction that is over rejects', async (store) => {
    let write: WriteTransaction | undefined;
    let read: ReadTransaction | undefined;
    await store.write(async (tx) => {
      await tx.put('meta', 'key', 1);
      write = tx;
    });
    await store.read(async (tx) => {
      await tx.get('meta', 'key');
      read = tx;
    });
    check(write !== undefined && read !== undefined, 'the work was called');
    await rejected(write.put('meta', 'key', 2), 'put');
    await rejected(write.delete('meta', 'key'), 'delete');
    await rejected(write.get('meta', 'key'), 'get after a write');
    await rejected(read.get('meta', 'key'), 'get');
    await rejected(read.list('meta'), 'list');
    await rejected(read.count('meta'), 'count');
    same(await get(store, 'meta', 'key'), 1, 'the value');
  }),

  test('close waits for what was begun; later calls reject', async (store) => {
    const writing = put(store, 'meta', 'key', 1);
    const closing = store.close();
    await writing;
    await closing;
    await rejected(put(store, 'meta', 'key', 2), 'a write');
    await rejected(get(store, 'meta', 'key'), 'a read');
    await store.close();
  }),
];
