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
