import * as fc from 'fast-check';
import { displayNameFor, normaliseEmail } from './email.js';

describe('an e-mail address', () => {
  it.each([
    [' Maria@Example.ORG\t', 'maria@example.org'],
    ['RENÉ@example.org', 'rené@example.org'],
    ['rene\u0301@example.org', 'rené@example.org'],
    ['\u212Bsa@example.org', 'åsa@example.org'],
  ])('%p is compared as %p', (given, stored) => {
    expect(normaliseEmail(given)).toBe(stored);
  });

  it('has one form only: what is stored is found again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normaliseEmail(text);
        expect(normaliseEmail(once)).toBe(once);
      }),
    );
  });
});

describe('a display name', () => {
  it.each([
    [' Maria ', 'Maria'],
    ['', 'maria'],
    [' \n', 'maria'],
    [null, 'maria'],
    [undefined, 'maria'],
  ])('given as %p becomes %p', (given, name) => {
    expect(displayNameFor('maria@example.org', given)).toBe(name);
  });
});
