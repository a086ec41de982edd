import { daysSince, ROUND_DAYS } from './retention.service.js';

const DAY_MS = 86_400_000;
const NOW = 20_000 * DAY_MS + 5_000;

describe('the days whose accounts are due', () => {
  it('are all where nothing was ever done, or not for a whole round', () => {
    expect(daysSince(null, NOW)).toBeNull();
    expect(daysSince(NOW - ROUND_DAYS * DAY_MS, NOW)).toBeNull();
  });

  it('are those that have begun since, so that none is left out where a server was down', () => {
    expect(daysSince(NOW - DAY_MS, NOW)).toEqual(new Set([20_000 % ROUND_DAYS]));
    expect(daysSince(NOW - 3 * DAY_MS, NOW)?.size).toBe(3);
    expect(daysSince(NOW - (ROUND_DAYS - 1) * DAY_MS, NOW)?.size).toBe(ROUND_DAYS - 1);
  });

  it('are none where it was done today', () => {
    expect(daysSince(NOW - 1_000, NOW)).toEqual(new Set());
  });
});
