import { TABLES } from '../store.js';
import type { Json } from '../store.js';
import { check, get, put, rejected, same, test } from './check.js';
import type { StoreContractCase } from './check.js';

const EVERY_KIND: Json = {
  nothing: null,
  yes: true,
  no: false,
  whole: 42,
  negative: -7,
  large: Number.MAX_SAFE_INTEGER,
  huge: 1.7976931348623157e308,
  tiny: 5e-324,
  fraction: 0.1,
  float: 12.34375,
  zero: 0,
  'negative zero': -0,
  'negative zeros': [0, -0, { deep: -0 }],
  empty: '',
  quotes: `'"\\`,
  lines: 'a\nb\tc\u0000d',
  unicode: 'Jürgen 日本語 Ελληνικά',
  emoji: '🏋️‍♀️👩‍👩‍👧',
  list: [1, [2, [3, []]], {}, null],
  object: { a: { b: { c: {} } } },
  'a key with "quotes" and ü': 1,
};

/** Deeper than records are, not deeper than programs recurse. */
const DEPTH = 200;

function nested(depth: number): Json {
  let value: Json = 'bottom';
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { value };
  return value;
}

const NOT_JSON: Record<string, unknown> = {
  undefined,
  NaN: Number.NaN,
  Infinity,
  'a Date': new Date(0),
  'a Map': new Map(),
  'a function': () => 0,
  'a bigint': 1n,
  'NaN deep inside': { list: [1, { bad: Number.NaN }] },
};

export const VALUES: StoreContractCase[] = [
  test('what was put can be got, in every table', async (store) => {
    for (const table of TABLES) await put(store, table, 'key', { table });
    for (const table of TABLES) same(await get(store, table, 'key'), { table }, table);
  }),

  test('a key that was never put gives undefined', async (store) => {
    await put(store, 'meta', 'there', 1);
    same(await get(store, 'meta', 'missing'), undefined, 'a missing key');
    same(await get(store, 'records', 'there'), undefined, 'the key of another table');
  }),

  test('null is a value, not a missing one', async (store) => {
    await put(store, 'meta', 'null', null);
    same(await get(store, 'meta', 'null'), null, 'null');
    same(await store.read((tx) => tx.count('meta')), 1, 'count');
  }),

  test('putting again replaces the whole value', async (store) => {
    await put(store, 'meta', 'key', { a: 1, b: 2 });
    await put(store, 'meta', 'key', { b: 3 });
    same(await get(store, 'meta', 'key'), { b: 3 }, 'the value');
    same(await store.read((tx) => tx.count('meta')), 1, 'count');
  }),

  test('what was deleted is gone, and deleting what is not there is fine', async (store) => {
    await put(store, 'meta', 'key', 1);
    await store.write((tx) => tx.delete('meta', 'key'));
    await store.write((tx) => tx.delete('meta', 'key'));
    same(await get(store, 'meta', 'key'), undefined, 'the deleted key');
    await put(store, 'meta', 'key', 2);
    same(await get(store, 'meta', 'key'), 2, 'the key put again');
  }),

  test('every kind of JSON comes back as it was, negative zero and emoji included', async (store) => {
    await put(store, 'records', 'every', EVERY_KIND);
    same(await get(store, 'records', 'every'), EVERY_KIND, 'the value');
    for (const [kind, value] of Object.entries(EVERY_KIND as Record<string, Json>)) {
      await put(store, 'records', 'one', value);
      same(await get(store, 'records', 'one'), value, kind);
    }
  }),

  test('deeply nested values come back', async (store) => {
    await put(store, 'records', 'deep', nested(DEPTH));
    same(await get(store, 'records', 'deep'), nested(DEPTH), 'the value');
  }),

  test('a value of one megabyte comes back', async (store) => {
    const text = 'kilogram '.repeat(120_000);
    const numbers = Array.from({ length: 100_000 }, (_, at) => at / 8);
    await put(store, 'samples', 'large', { text, numbers });
    same(await get(store, 'samples', 'large'), { text, numbers }, 'the value');
  }),

  test('a property named __proto__ is a property', async (store) => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "other": 1}') as Json;
    await put(store, 'records', 'proto', value);
    const got = await get(store, 'records', 'proto');
    same(JSON.stringify(got), JSON.stringify(value), 'the value');
    check(!('polluted' in Object(got)), 'the property must not become the prototype');
  }),

  test('a property that is undefined is left out', async (store) => {
    await put(store, 'records', 'key', { a: 1, b: undefined } as unknown as Json);
    same(await get(store, 'records', 'key'), { a: 1 }, 'the value');
  }),

  test('the store keeps a copy: changing what was put changes nothing', async (store) => {
    const value = { list: [1, 2], inner: { a: 1 } };
    await store.write(async (tx) => {
      const stored = tx.put('meta', 'key', value);
      value.list.push(3);
      value.inner.a = 2;
      await stored;
    });
    value.list.push(4);
    same(await get(store, 'meta', 'key'), { list: [1, 2], inner: { a: 1 } }, 'the value');
  }),

  test('the caller gets copies: changing what was got changes nothing', async (store) => {
    await put(store, 'meta', 'key', { list: [1] });
    await store.read(async (tx) => {
      const got = (await tx.get('meta', 'key')) as { list: number[] };
      got.list.push(2);
      for (const { value } of await tx.list('meta')) (value as { list: number[] }).list.push(3);
    });
    same(await get(store, 'meta', 'key'), { list: [1] }, 'the value');
  }),

  test('what is not JSON is refused, and the transaction may go on', async (store) => {
    await store.write(async (tx) => {
      await tx.put('meta', 'before', 1);
      for (const [kind, value] of Object.entries(NOT_JSON))
        await rejected(tx.put('meta', 'bad', value as Json), `putting ${kind}`);
      await tx.put('meta', 'after', 2);
    });
    same(
      await store.read((tx) => tx.list('meta')),
      [
        { key: 'after', value: 2 },
        { key: 'before', value: 1 },
      ],
      'meta',
    );
  }),
];
