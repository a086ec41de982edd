import type { Statement } from './sql.js';

/**
 * The second wall between accounts, behind the conditions of our own statements: row-level security. The role the server
 * works with sees a row that belongs to an account only in a transaction that has declared this account, whatever the
 * statement says; see docs/decisions/0006-the-second-wall.md.
 */
export const DECLARED_USERS = 'phoenix.users';

/**
 * Begins each transaction on behalf of accounts; holds to its end, so a connection that goes on to others carries nothing
 * over. Nobody needs no declaration.
 */
export function declarationOf(userIds: string | readonly string[]): Statement[] {
  const list = typeof userIds === 'string' ? userIds : userIds.join(',');
  if (list === '') return [];
  const text = `select set_config('${DECLARED_USERS}', $1, true)`;
  return [{ name: 'declare-users', text, rowMode: 'array', values: [`{${list}}`] }];
}
