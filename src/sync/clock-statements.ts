import { AppError } from '../common/app-error.js';
import type { Reading, Statement } from '../database/sql.js';
import type { Versioned } from './versions.js';

/**
 * A statement of its own, before the one that reads: a statement that locks and reads at once sees what was true before
 * it waited. NO KEY, so that pulls, which only see to it that the account still exists, do not wait for pushes.
 * @throws AppError auth.token_revoked when the account is gone
 */
export function clockLock(userId: string): Reading {
  return {
    statement: {
      name: 'lock-clock',
      text: 'select 1 from sync_clock where user_id = $1 for no key update',
      rowMode: 'array',
      values: [userId],
    },
    take: ([found]) => {
      if (!found) throw new AppError('auth.token_revoked');
    },
  };
}

export function clockStatements(userId: string, { clock, moved }: Versioned): Statement[] {
  if (!moved) return [];
  return [
    {
      name: 'move-clock',
      text: 'update sync_clock set clock = $2 where user_id = $1',
      values: [userId, clock],
    },
  ];
}
