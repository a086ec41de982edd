import * as fc from 'fast-check';
import { fromInt64, toInt64 } from './int64.js';

describe('64-bit integers', () => {
  const edges = [
    0,
    1,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 32) - 1,
    2 ** 53 - 1,
    1 - 2 ** 53,
  ];

  it('are the safe integers they were made from, and become them again', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...edges))), (list) => {
        const data = toInt64(Float64Array.from(list));
        expect(Array.from(data)).toEqual(list.map(BigInt));
        const back = new Float64Array(list.length + 1).fill(7);
        fromInt64(data, back, 1);
        expect(Array.from(back)).toEqual([7, ...list]);
      }),
    );
  });

  it('are read from any part of a list', () => {
    const back = new Float64Array(2);
    fromInt64(BigInt64Array.of(1n, -5n, 2n ** 40n, 9n).subarray(1, 3), back, 0);
    expect(Array.from(back)).toEqual([-5, 2 ** 40]);
  });
});
