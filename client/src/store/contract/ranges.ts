import { check, get, keysOf, put, putKeys, rejected, same, test } from './check.js';
import type { StoreContractCase } from './check.js';

/** Every character that a key may contain, in order. */
const PRINTABLE = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at));

const MANY = 10_000;

export const RANGES: StoreContractCase[] = [
  test('entries come in the order of their keys: digits, capitals, small letters', async (store) => {
    await putKeys(store, 'records', ['b', 'a10', 'B', 'a', '~', 'a1', '1', 'a2', 'Z', '10', ' ', 'a!']);
    same(
      await keysOf(store, 'records'),
      [' ', '1', '10', 'B', 'Z', 'a', 'a!', 'a1', 'a10', 'a2', 'b', '~'],
      'the keys',
    );
  }),

  test('the order holds after keys were deleted and put again', async (store) => {
    await putKeys(store, 'records', ['c', 'a', 'e']);
    await store.write(async (tx) => {
      await tx.delete('records', 'c');
      await tx.put('records', 'd', 1);
      await tx.put('records', 'b', 1);
    });
    same(await keysOf(store, 'records'), ['a', 'b', 'd', 'e'], 'the keys');
    await putKeys(store, 'records', ['c']);
    same(await keysOf(store, 'records'), ['a', 'b', 'c', 'd', 'e'], 'the keys with c');
  }),

  test('a prefix selects the keys that begin with it, and no others', async (store) => {
    await putKeys(store, 'records', [
      'rout',
      'routines',
      'routines/',
      'routines/1',
      'routines/~~',
      'routines0',
      's',
    ]);
    same(
      await keysOf(store, 'records', { prefix: 'routines/' }),
      ['routines/', 'routines/1', 'routines/~~'],
      'routines/',
    );
    same(await keysOf(store, 'records', { prefix: 'x' }), [], 'x');
    same((await keysOf(store, 'records', { prefix: '' })).length, 7, 'the empty prefix');
  }),

  test('characters that mean something in patterns mean nothing in a prefix', async (store) => {
    await putKeys(store, 'records', ['a%', 'a%1', 'a_', 'ab', 'a*', 'a?', 'a[b]', "a'"]);
    same(await keysOf(store, 'records', { prefix: 'a%' }), ['a%', 'a%1'], 'a%');
    same(await keysOf(store, 'records', { prefix: 'a_' }), ['a_'], 'a_');
    same(await keysOf(store, 'records', { prefix: "a'" }), ["a'"], "a'");
  }),

  test('"after" is exclusive and need not exist', async (store) => {
    await putKeys(store, 'records', ['a', 'c', 'e']);
    same(await keysOf(store, 'records', { after: 'a' }), ['c', 'e'], 'after a');
    same(await keysOf(store, 'records', { after: 'b' }), ['c', 'e'], 'after b');
    same(await keysOf(store, 'records', { after: 'e' }), [], 'after the last');
    same(await keysOf(store, 'records', { after: '' }), ['a', 'c', 'e'], 'after nothing');
  }),

  test('"after" and a prefix select what satisfies both', async (store) => {
    await putKeys(store, 'records', ['a/1', 'b/1', 'b/2', 'b/3', 'c/1']);
    const keys = (after: string): Promise<string[]> => keysOf(store, 'records', { prefix: 'b/', after });
    same(await keys('b/1'), ['b/2', 'b/3'], 'in the middle');
    same(await keys('a/1'), ['b/1', 'b/2', 'b/3'], 'before the prefix');
    same(await keys('b/'), ['b/1', 'b/2', 'b/3'], 'at the prefix');
    same(await keys('b/3'), [], 'at the end');
    same(await keys('c'), [], 'beyond the prefix');
  }),

  test('a limit cuts off, 0 gives nothing, and pages of a limit give everything once', async (store) => {
    const all = Array.from({ length: 23 }, (_, at) => `k${100 + at}`);
    await putKeys(store, 'records', all);
    same(await keysOf(store, 'records', { limit: 3 }), all.slice(0, 3), 'limit 3');
    same(await keysOf(store, 'records', { limit: 0 }), [], 'limit 0');
    same(await keysOf(store, 'records', { limit: 99 }), all, 'limit 99');
    const paged = await keysOf(store, 'records', { limit: 5 });
    // Not "until a page is empty": a store that is wrong would never give one.
    for (let page = 0; page < 5; page++)
      paged.push(...(await keysOf(store, 'records', { prefix: 'k', after: paged.at(-1) ?? '', limit: 5 })));
    same(paged, all, 'all pages');
  }),

  test('count counts a table or a prefix of it', async (store) => {
    await putKeys(store, 'outbox', ['a/1', 'a/2', 'b/1']);
    const counts = await store.read((tx) =>
      Promise.all([tx.count('outbox'), tx.count('outbox', 'a/'), tx.count('outbox', 'c'), tx.count('held')]),
    );
    same(counts, [3, 2, 0, 0], 'counts');
  }),

  test('keys may hold every printable ASCII character, percent-escapes too', async (store) => {
    const keys = [...PRINTABLE, PRINTABLE.join(''), 'sessions/%F0%9F%92%AA%2Fa%20b', 'x'.repeat(500)];
    await putKeys(store, 'names', keys);
    for (const key of keys) same(await get(store, 'names', key), key, key);
    const sorted = [...keys].sort((a, b) => (a < b ? -1 : 1));
    same(await keysOf(store, 'names'), sorted, 'the keys');
  }),

  test('keys that are empty or not printable ASCII are refused', async (store) => {
    for (const key of ['', 'ü', '🏋', 'a\nb', 'a\u0000', '\x7f'])
      await rejected(put(store, 'meta', key, 1), `putting under ${JSON.stringify(key)}`);
    same(await keysOf(store, 'meta'), [], 'the keys');
  }),

  test('ten thousand entries fit into one transaction, and come back in order', async (store) => {
    // A step without common divisor with their number visits all in disorder.
    const key = (at: number): string => `s/${String((at * 7919) % MANY).padStart(5, '0')}`;
    await store.write(async (tx) => {
      await Promise.all(Array.from({ length: MANY }, (_, at) => tx.put('series', key(at), { at })));
    });
    const keys = await keysOf(store, 'series', { prefix: 's/' });
    same(keys.length, MANY, 'how many');
    check(
      keys.every((k, at) => k === `s/${String(at).padStart(5, '0')}`),
      'the keys come in order',
    );
  }),
];
