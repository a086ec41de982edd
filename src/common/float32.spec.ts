import * as fc from 'fast-check';
import { canonicalFloat, shortestFloat } from './float32.js';

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('the number that stands for a 32-bit float', () => {
  it('is the same float', () => {
    fc.assert(fc.property(float32, (float) => Object.is(Math.fround(canonicalFloat(float)), float)));
  });

  it('is one for all decimals of the same float, however many digits they have', () => {
    fc.assert(
      fc.property(
        float32,
        fc.integer({ min: 9, max: 17 }),
        (float, digits) => canonicalFloat(Number(float.toPrecision(digits))) === canonicalFloat(float),
      ),
    );
  });

  it('is the decimal a phone printed, where that has at most three places', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4_095_999, max: 4_095_999 }), (thousandths) => {
        const decimal = thousandths / 1000;
        return canonicalFloat(decimal) === decimal && canonicalFloat(Math.fround(decimal)) === decimal;
      }),
    );
  });

  it('keeps the sign of zero', () => {
    expect(Object.is(canonicalFloat(-0), -0)).toBe(true);
    expect(Object.is(canonicalFloat(0), 0)).toBe(true);
  });

  it('prints as short as PostgreSQL does', () => {
    expect(shortestFloat(Math.fround(83.2))).toBe(83.2);
    expect(shortestFloat(Math.fround(3.4028235e38))).toBe(3.4028235e38);
    fc.assert(fc.property(float32, (float) => Math.fround(shortestFloat(float)) === float));
  });
});
