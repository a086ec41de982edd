/** Nine digits always tell a 32-bit float from its neighbours. */
const MAX_DIGITS = 9;

/** The shortest decimal that is the same 32-bit float, as PostgreSQL prints it: 20.1, not 20.100000381469727. */
export function shortestFloat(float: number): number {
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const decimal = Number(float.toPrecision(digits));
    if (Math.fround(decimal) === float) return decimal;
  }
  return Number(float.toPrecision(MAX_DIGITS));
}

/** Below this every decimal of three places is a 32-bit float of its own: they lie at most 2^-12 apart. */
const THREE_PLACES_BELOW = 4096;

/**
 * The one number that stands for a 32-bit float: the decimal of at most three places that rounds to it, as phones print
 * it (83.2), else the float itself. The same float always gives the same number, and a short one: JSON of 83.2 costs less,
 * here and in PostgreSQL, than of 83.19999694824219.
 */
export function canonicalFloat(value: number): number {
  const float = Math.fround(value);
  const decimal = Math.round(float * 1000) / 1000;
  const isIt = Math.fround(decimal) === float && Math.abs(decimal) < THREE_PLACES_BELOW;
  return isIt ? decimal : float;
}
