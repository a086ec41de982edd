import * as fc from 'fast-check';
import { canonicalJson } from '../../src/sync/canonical-json.js';
import { complete, isSameContent, shortestFloat } from '../../src/sync/complete.js';

const ids = { clientId: 'a', createdAt: 1, updatedAt: 1 };

it('fills fields that were left out with their defaults, as the portal does', () => {
  expect(complete('routines', { ...ids, name: 'Push' })).toMatchObject({
    name: 'Push',
    deletedAt: null,
    useCount: 0,
  });
});

it('leaves out required fields that are missing, for the portal to name them', () => {
  expect(complete('routines', ids)).not.toHaveProperty('name');
});

it('writes a 32-bit float as the shortest decimal that is the same float', () => {
  expect(shortestFloat(44.0666656494)).toBe(44.066666);
  expect(shortestFloat(0.1)).toBe(0.1);
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
      expect(Math.fround(shortestFloat(float))).toBe(float + 0);
    }),
  );
});

it('keeps a number that no 32-bit float can be, for the portal to refuse it', () => {
  expect(shortestFloat(1e300)).toBe(1e300);
});

it('content is everything but the ids and the time of the edit', () => {
  const record = complete('routines', { ...ids, name: 'Push', later: { b: 1, a: [2] } });
  expect(isSameContent(record, { ...record, later: { a: [2], b: 1 }, updatedAt: 9, serverId: 'x' })).toBe(
    true,
  );
  expect(isSameContent(record, { ...record, deletedAt: 1 })).toBe(false);
});

it('canonical JSON does not depend on the order of keys, and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: undefined })).toBe('{"b":[1,{"c":"é","d":null}]}');
});
