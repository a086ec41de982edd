import { dictionary } from '@zxcvbn-ts/language-common';
import { CommonPasswords } from './common-passwords.js';

const passwords = new CommonPasswords();
const refusalOf = async (password: string, email = 'maria.lopez@example.org') => {
  try {
    await passwords.refuse({ password, email, field: 'newPassword' });
    return null;
  } catch (error) {
    const { code, extras } = error as { code: string; extras: { errors: { path: string; code: string }[] } };
    return [code, extras.errors[0]?.path, extras.errors[0]?.code];
  }
};

describe('common passwords', () => {
  it('are all those of the package that are long enough to be passwords, in any case', async () => {
    const long = dictionary['passwords-common'].filter((word) => word.length >= 8);
    expect(long.length).toBeGreaterThan(15_000);
    for (const word of long)
      for (const written of [word, word.toUpperCase()])
        if (written.toLowerCase() === word.toLowerCase())
          expect([word, await refusalOf(written)]).toEqual([
            word,
            ['auth.password_common', 'newPassword', 'isNotCommon'],
          ]);
  });

  it.each(['correct horse battery staple', 'x7&kQ2!p', 'password of maria', '        '])(
    'are not %p',
    async (password) => {
      expect(await refusalOf(password)).toBeNull();
    },
  );

  it.each(['maria.lopez@example.org', 'Maria.Lopez@Example.ORG', 'maria.lopez', 'MARIA.LOPEZ'])(
    'are joined by the account’s own address: %p',
    async (password) => {
      expect(await refusalOf(password)).toEqual(['auth.password_common', 'newPassword', 'isNotAddress']);
      expect(await refusalOf(password, 'joe@example.org')).toBeNull();
    },
  );
});
