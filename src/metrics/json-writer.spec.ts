import * as fc from 'fast-check';
import { JsonWriter } from './json-writer.js';

function textOf(write: (writer: JsonWriter) => void): string {
  const writer = new JsonWriter(64);
  write(writer);
  return writer.written().toString();
}

const float32Text = (value: number) => textOf((writer) => writer.float32(value));

const fromBits = (bits: number) => new Float32Array(Int32Array.of(bits).buffer)[0];
const digitsOf = (text: string) =>
  text
    .replace(/e.*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '').length;

describe('the text of a float32', () => {
  it.each([
    [Math.fround(83.2), '83.2'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(-13.500002), '-13.500002'],
    [16_777_216, '16777216'],
    [123_456_792, '123456790'],
    [Math.fround(1_000_000.1), '1000000.1'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    [-0, '-0.0'],
    [0, '0'],
    [NaN, 'null'],
  ])('of %p is %s', (value, text) => {
    expect(float32Text(value)).toBe(text);
  });

  it('is JSON that rounds to the very same bits, with no digit too many', () => {
    const anyBits = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(fromBits);
    const sensor = fc.tuple(fc.integer({ min: -1e7, max: 1e7 }), fc.constantFrom(1, 10, 100, 1e3, 1e4, 1e5));
    const decimals = sensor.map(([digits, power]) => Math.fround(digits / power));
    fc.assert(
      fc.property(fc.oneof(anyBits, decimals), (value) => {
        fc.pre(Number.isFinite(value));
        const text = float32Text(value);
        expect(Object.is(Math.fround(JSON.parse(text)), value)).toBe(true);
        const digits = digitsOf(text);
        if (digits > 1) expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the text of an integer', () => {
  it('is what JSON has it', () => {
    const edges = fc.constantFrom(
      0,
      9,
      10,
      999_999_999,
      1e9,
      1e9 + 1,
      1e15,
      2 ** 53 - 1,
      -1,
      -1e9,
      -(2 ** 53) + 1,
    );
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), edges), (value) => {
        expect(textOf((writer) => writer.integer(value))).toBe(String(value));
      }),
      { numRuns: 5_000 },
    );
  });
});
