import { AppError } from '../common/app-error.js';

/** What may close an account, as it stands in its row. Epoch ms; null: not so. */
export interface AccountState {
  disabledAt: number | null;
  deletedAt: number | null;
  /** When a deleted account is deleted for good; 0 once that has begun. */
  purgeAfterAt: number | null;
}

/** Whether the account was deleted and its time is over: for everybody outside it is as gone as if its rows were. */
const isOver = ({ deletedAt, purgeAfterAt }: AccountState, now: number): boolean =>
  deletedAt !== null && (purgeAfterAt ?? 0) <= now;

/**
 * Only after the right password: whoever does not know it learns nothing of the account.
 * @throws AppError auth.credentials_wrong, auth.account_disabled
 */
export function assertRecoverable(account: AccountState, now: number): void {
  if (isOver(account, now)) throw new AppError('auth.credentials_wrong');
  if (account.disabledAt !== null) throw new AppError('auth.account_disabled');
}

/**
 * Only after the right password.
 * @throws AppError auth.credentials_wrong, auth.account_disabled, auth.account_deleted
 */
export function assertOpen(account: AccountState, now: number): void {
  assertRecoverable(account, now);
  if (account.deletedAt !== null)
    throw new AppError('auth.account_deleted', { purgeAt: account.purgeAfterAt ?? undefined });
}
