import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { PASSWORD_MIN_LENGTH } from './passwords.js';

/** What is about to become a password, and where in the request it stands. */
export interface NewPassword {
  password: string;
  /** The account's own address, as `normaliseEmail` gives it. */
  email: string;
  field: string;
}

/**
 * Refuses passwords that are the first ones tried: those of a list that a package ships, in whatever case, and the
 * account's own address. Only where a password is set, never where one is checked: who has such a one goes on.
 */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlySet<string>> | undefined;

  /** @throws AppError auth.password_common */
  async refuse({ password, email, field }: NewPassword): Promise<void> {
    const candidate = password.toLowerCase();
    const isAddress = candidate === email || candidate === email.slice(0, email.lastIndexOf('@'));
    if (!isAddress && !(await this.loaded()).has(candidate)) return;
    const code = isAddress ? 'isNotAddress' : 'isNotCommon';
    const message = isAddress
      ? `${field} must not be the e-mail address or its first part`
      : `${field} must not be one of the most common passwords`;
    throw new AppError('auth.password_common', { errors: [{ path: field, code, message }] });
  }

  /**
   * Read when the first password is set and not at start: 30 ms once, and 4 MB from then on. What is too short to be a
   * password is left out, which is two thirds of it.
   */
  private loaded(): Promise<ReadonlySet<string>> {
    this.list ??= readList().catch((error: unknown) => {
      this.list = undefined;
      throw error;
    });
    return this.list;
  }
}

async function readList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const long = dictionary['passwords-common'].filter((word) => word.length >= PASSWORD_MIN_LENGTH);
  return new Set(long.map((word) => word.toLowerCase()));
}
