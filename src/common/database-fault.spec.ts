import { isBusy, isUnavailable } from './database-fault.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('faults of the database', () => {
  it.each(['57P01', '57P03', '53300', '53100', '08006', '57014', 'ECONNREFUSED'])(
    '%s says that it is unavailable',
    (code) => {
      expect(isUnavailable(withCode(code))).toBe(true);
      expect(isBusy(withCode(code))).toBe(false);
    },
  );

  it.each(['40001', '40P01', '55P03'])('%s says that it is busy', (code) => {
    expect(isBusy(withCode(code))).toBe(true);
    expect(isUnavailable(withCode(code))).toBe(false);
  });

  it.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Query read timeout',
  ])('knows the driver’s "%s", which has no code', (message) => {
    expect(isUnavailable(new Error(message))).toBe(true);
  });

  it('looks into errors that wrap others', () => {
    expect(isUnavailable(Object.assign(new Error('failed'), { driverError: withCode('57P01') }))).toBe(true);
    expect(isUnavailable(new Error('failed', { cause: withCode('ECONNREFUSED') }))).toBe(true);
    expect(isUnavailable(new AggregateError([withCode('ECONNREFUSED')]))).toBe(true);
  });

  it.each([withCode('23505'), withCode('42P01'), new TypeError('x is undefined'), 'text', null, undefined])(
    'takes nothing else for one: %p',
    (thrown) => {
      expect(isUnavailable(thrown) || isBusy(thrown)).toBe(false);
    },
  );
});
