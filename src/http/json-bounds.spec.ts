import { AppError } from '../common/app-error.js';
import { JsonBounds } from './json-bounds.js';

/** What a text is refused for when it comes in pieces of so many bytes; null if it is not. */
function refusal(text: string, pieceBytes: number): string | null {
  const bytes = Buffer.from(text);
  const bounds = new JsonBounds();
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) bounds.add(bytes.subarray(at, at + pieceBytes));
    return null;
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.extras.detail}`;
    throw error;
  }
}

const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const list = (item: string, count: number) => `[${`${item},`.repeat(count - 1)}${item}]`;
const keys = (count: number) =>
  `{${Array.from({ length: count }, (_, n) => `"exercise ${n}":${n}`).join(',')}}`;
const longKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, n) => `"${'x'.repeat(270)}${n}":1`).join(',')}}`;
let seed = 1;
const chance = () => (seed = Math.imul(seed, 48_271) >>> 0) / 2 ** 32;
/** The same ten keys, each time in another order. */
const shuffled = (count: number) =>
  list('%', count).replaceAll('%', () => {
    const order = Array.from({ length: 10 }, (_, n) => `"key${n}":1`).toSorted(() => chance() - 0.5);
    return `{${order.join(',')}}`;
  });
let word = 0;
/** Others each time. */
const words = (count: number) => list('%', count).replaceAll('%', () => `"w${word++}"`);
const list20 = (count: number) =>
  list('%', count).replaceAll('%', () => {
    const some = Array.from({ length: 20 }, (_, n) => `"value${n}":${n}`).filter(() => chance() < 0.5);
    return `{${some.join(',')}}`;
  });
const inPieces = [7, 65_536];

describe.each(inPieces)('a JSON text that comes in pieces of %d bytes', (pieceBytes) => {
  it.each([
    [
      'what phones send',
      JSON.stringify({ deviceId: 'a', sessions: [{ clientId: 'x', notes: 'ä "\\" [{,:' }] }),
    ],
    ['500 levels', lists(500)],
    ['500 levels of objects', objects(500)],
    ['many lists one after the other', list('[]', 200_000)],
    ['200,000 items', list('0', 200_000)],
    ['an object of more members than a list may have items', `{${'"a":0,'.repeat(250_000)}"a":0}`],
    ['40,000 different keys', keys(40_000)],
    ['one long key again and again', list(JSON.stringify({ ['ж'.repeat(40)]: 1 }), 60_000)],
    ['records with and without each of twenty values', list20(4_000)],
    ['numbers as keys', list('{"34":1}', 90_000)],
    ['the same keys 300,000 times', list('{"a":1,"b":2}', 150_000)],
    ['brackets, commas, colons and quotes in a text', JSON.stringify('[,:{"'.repeat(250_000))],
    ['a text of 16 MiB', JSON.stringify('x'.repeat(2 ** 24))],
    ['a text of a megabyte', JSON.stringify('x'.repeat(2 ** 20))],
    ['brackets behind a quote in a long text', `["${'x'.repeat(99)}\\"${'['.repeat(999)}"]`],
    [
      'brackets behind backslashes and a quote in a long text',
      `["${'\\\\'.repeat(50)}\\"${'['.repeat(999)}"]`,
    ],
    ['backslashes before the end of a text', `["\\\\","${'\\\\'.repeat(3)}",${lists(499)}]`],
  ])('may be %s', (_, text) => {
    expect(refusal(text, pieceBytes)).toBeNull();
    expect(() => JSON.parse(text)).not.toThrow();
  });

  it.each([
    ['501 levels', lists(501), 'request.invalid: The body is nested deeper than 500 levels.'],
    ['501 levels of objects', objects(501), 'request.invalid: The body is nested deeper than 500 levels.'],
    ['levels without an end', '['.repeat(2_000_000), 'request.invalid: The body is nested deeper'],
    [
      '200,001 items',
      list('0', 200_001),
      'request.too_large: A list in a request may have at most 200000 items',
    ],
    [
      '200,001 items in a list of others',
      `[1,[2],${list('{"a":[3]}', 200_001)}]`,
      'request.too_large: A list',
    ],
    [
      'too many values',
      list(list('0', 150_000), 41),
      'request.invalid: The body has more than 6000000 values',
    ],
    [
      'too many lists',
      list(list('[]', 150_000), 5),
      'request.invalid: The body has more than 600000 objects and',
    ],
    ['too many keys', keys(80_000), 'request.invalid: The body has more than 50000 different keys'],
    [
      'too many keys in many objects',
      list(keys(10), 3) + list(keys(80_000), 2),
      'request.invalid: The body has more than 50000 different',
    ],
    [
      'a text of more than 16 MiB',
      JSON.stringify('x'.repeat(2 ** 24 + 1)),
      'request.too_large: A text in a request may have',
    ],
    [
      'a key of more than 16 MiB',
      `{"${'x'.repeat(2 ** 24 + 1)}":1}`,
      'request.too_large: A text in a request may have',
    ],
    [
      'too many orders of few keys',
      shuffled(120_000),
      'request.invalid: The objects of the body have more than 400000',
    ],
    [
      'too many short texts',
      `[${Array.from({ length: 6 }, () => words(120_000)).join(',')}]`,
      'request.invalid: The body has more than 400000 different short texts',
    ],
    [
      'too many numbers as keys',
      list('{"34":1}', 110_000),
      'request.invalid: The body has more than 100000 keys that',
    ],
    ['long keys', longKeys(50_001), 'request.invalid: The body has more than 50000 different keys'],
    [
      'what follows a quote in a long text',
      `["${'\\\\\\"'.repeat(50)}",${lists(500)}]`,
      'request.invalid: The body is nested',
    ],
    [
      'what follows a long text that ends with a backslash',
      `["${'x'.repeat(99)}\\\\",${lists(500)}]`,
      'request.invalid: The body is nested',
    ],
    ['what follows a quote in a text', `["\\"",${lists(500)}]`, 'request.invalid: The body is nested deeper'],
  ])('is refused for %s', (_, text, reason) => {
    expect(refusal(text, pieceBytes)).toContain(reason);
  });
});
