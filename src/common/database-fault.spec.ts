import { AppError } from './app-error.js';
import { databaseFaultOf, isBusy, isUnavailable } from './database-fault.js';

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

describe('kinds of faults, as operators tell them apart', () => {
  it.each([
    ['55P03', 'lock_timeout'],
    ['40P01', 'conflict'],
    ['57014', 'statement_timeout'],
    ['53100', 'disk_full'],
    ['57P01', 'unavailable'],
    ['08006', 'unavailable'],
    ['ECONNREFUSED', 'unavailable'],
    ['EPIPE', 'unavailable'],
    ['23505', 'other'],
  ])('%s is %s', (code, kind) => {
    expect(databaseFaultOf(withCode(code))).toBe(kind);
    expect(databaseFaultOf(Object.assign(new Error('failed'), { driverError: withCode(code) }))).toBe(kind);
  });

  it.each([
    ['Query read timeout', 'statement_timeout'],
    ['timeout exceeded when trying to connect', 'pool_timeout'],
    ['Connection terminated unexpectedly', 'unavailable'],
  ])('knows the driver’s "%s", which has no code', (message, kind) => {
    expect(databaseFaultOf(new Error(message))).toBe(kind);
  });

  it.each([new AppError('auth.email_taken'), new TypeError('x is not a function'), 'a text', undefined])(
    'does not count what is no fault of the database: %s',
    (thrown) => {
      expect(databaseFaultOf(thrown)).toBeUndefined();
    },
  );
});
