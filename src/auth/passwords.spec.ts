import * as fc from 'fast-check';
import { isPasswordLength, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from './passwords.js';
import { makeRefreshToken, readRefreshToken } from './refresh-token.js';

describe('the length of a password', () => {
  it('is that of its code points, whatever they are', () => {
    const unit = fc.constantFrom('a', ' ', '\0', 'é', '漢', '🏋', '\u{10FFFF}');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 0, maxLength: 300 }), (characters) => {
        const fits = characters.length >= PASSWORD_MIN_LENGTH && characters.length <= PASSWORD_MAX_LENGTH;
        expect(isPasswordLength(characters.join(''))).toBe(fits);
      }),
    );
  });
});

describe('a refresh token', () => {
  const userId = '0193a4f2-6c1e-7b55-9d0a-3f3b2f6f1a11';

  it('tells whose it is and, by its hash, which it is', () => {
    const { token, tokenHash } = makeRefreshToken(userId);
    expect(token).toMatch(/^[\w-]{64}$/);
    expect(readRefreshToken(token)).toMatchObject({ userId, tokenHash });
  });

  it('is never made twice', () => {
    const made = Array.from({ length: 100 }, () => makeRefreshToken(userId));
    expect(new Set(made.map(({ token }) => token)).size).toBe(100);
    expect(new Set(made.map(({ tokenHash }) => tokenHash.toString('hex'))).size).toBe(100);
  });

  it('is not found in any other text, and no text breaks the reading', () => {
    const { token } = makeRefreshToken(userId);
    for (const text of [
      '',
      token.slice(1),
      `${token}A`,
      ` ${token}`,
      `${token}\n`,
      '!'.repeat(64),
      '_'.repeat(63),
    ])
      expect(readRefreshToken(text)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => void readRefreshToken(text)));
  });
});
