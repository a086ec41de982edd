import { UsageError } from './command.js';
import { parseUntil } from './until.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('the date of --until', () => {
  it.each([
    ['2026-12-31', '2026-12-31T23:59:59.999Z'],
    ['2026-11-22', '2026-11-22T23:59:59.999Z'],
    ['2028-02-29', '2028-02-29T23:59:59.999Z'],
    ['2026-12-31T23:59:59Z', '2026-12-31T23:59:59.000Z'],
    ['2026-12-31T23:59', '2026-12-31T23:59:00.000Z'],
    ['2026-12-31T23:59:59.5+02:00', '2026-12-31T21:59:59.500Z'],
  ])('%s means %s', (text, moment) => {
    expect(new Date(parseUntil(text, NOW)).toISOString()).toBe(moment);
  });

  it.each([
    '',
    'tomorrow',
    '31.12.2026',
    '12/31/2026',
    '2026-13-01',
    '2027-02-29',
    '2026-02-31',
    '2027-01-01T25:00Z',
    '20270101',
    '1795348800000',
    '2027-01-01 ',
  ])('%p is refused with an example of what to write', (text) => {
    expect(() => parseUntil(text, NOW)).toThrow(UsageError);
    expect(() => parseUntil(text, NOW)).toThrow(/2027-12-31T23:59:59Z/);
  });

  it.each(['2026-11-21', '2026-11-22T12:00:00Z', '1970-01-01'])('%s is refused for being past', (text) => {
    expect(() => parseUntil(text, NOW)).toThrow(/is in the past/);
  });
});
