import { Database } from '../../src/database/database.js';
import { AccountCheck } from '../../src/sync/check/account-check.js';
import { Collections } from '../../src/sync/collections.js';
import { DigestService } from '../../src/sync/digest.service.js';
import type { TestApp } from './app.js';

/** What an operator's check of the database finds wrong with an account. */
export async function faultsOf({ app }: TestApp, userId: string): Promise<readonly unknown[]> {
  const check = new AccountCheck(app.get(Database), app.get(Collections), app.get(DigestService));
  return (await check.check(userId)).faults;
}
