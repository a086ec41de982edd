const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
/** From here on float32 has no fractions, so decimals are not what makes its text long. */
const ALL_INTEGERS = 2 ** 24;

/**
 * The shortest decimal text that rounds to this float32: 83.2, not 83.19999694824219. NaN (null) is `null`.
 * Sensor values are k/10ⁱ with few digits, and trying those first takes a tenth of the time of toPrecision.
 */
export function float32Text(value: number): string {
  if (value !== value) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0';
  if (value < ALL_INTEGERS && value > -ALL_INTEGERS)
    for (const power of POWERS_OF_TEN) {
      const decimal = Math.round(value * power) / power;
      if (Math.fround(decimal) === value) return String(decimal);
    }
  return shortestByPrecision(value);
}

function shortestByPrecision(value: number): string {
  // Nine digits always tell a float32 from its neighbours.
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return String(decimal);
  }
  return String(Number(value.toPrecision(9)));
}
