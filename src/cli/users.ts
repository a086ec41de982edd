import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService } from '../auth/accounts.service.js';
import { Database } from '../database/database.js';
import { accountId } from './accounts.js';
import { type Action, type Command, type Outcome, UsageError } from './command.js';
import type { Run } from './run-context.js';
import { moment } from './table.js';
import { findUsers, listUsers } from './user-lists.js';

const HELP = `Usage:
  users find WORD …            accounts by e-mail address, by id, or by the beginning of an id
  users list [--limit N] [--after ID] [--state disabled|deleted]
                               all accounts, or those in a state, a page at a time, in the order of their ids
  users disable EMAIL          refuse every request and sign-in of the account; nothing is deleted
  users enable EMAIL           let it in again; its devices have to sign in
  users delete EMAIL           as its owner would: for good after ACCOUNT_DELETION_DAYS, until when it can be brought back
  users delete EMAIL --now     for good and at once, in every table
  users purge-due              delete for good what was deleted and is due; servers do so by themselves once an hour

Instead of EMAIL the account's id will do. What deletes for good may be interrupted and repeated.`;

const OPTIONS = {
  limit: { type: 'string' },
  after: { type: 'string' },
  state: { type: 'string' },
  now: { type: 'boolean' },
} as const;

const VERBS: Record<string, readonly (keyof typeof OPTIONS)[]> = {
  find: [],
  list: ['limit', 'after', 'state'],
  disable: [],
  enable: [],
  delete: ['now'],
  'purge-due': [],
};

/** `users find|list|disable|enable|delete|purge-due …` */
export const users: Command = {
  name: 'users',
  summary: 'find, list, disable or delete accounts',
  help: HELP,
  read(args: string[]): Action {
    const { positionals, values } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [verb, ...words] = positionals;
    const own = verb === undefined ? undefined : VERBS[verb];
    if (own === undefined) throw new UsageError(`Say "users ${Object.keys(VERBS).join('", "users ')}".`);
    const foreign = Object.keys(values).find((name) => !own.some((known) => known === name));
    if (foreign !== undefined) throw new UsageError(`--${foreign} does not belong to "users ${verb}".`);
    if (verb === 'find') return findUsers(words);
    if (verb === 'list' || verb === 'purge-due') {
      if (words.length > 0) throw new UsageError(`"users ${verb}" takes no account.`);
      return verb === 'list' ? listUsers(values) : purgeDue;
    }
    if (words.length !== 1) throw new UsageError(`Name one account: "users ${verb} EMAIL".`);
    return change(verb, words[0], values.now === true);
  },
};

const change =
  (verb: string, named: string, now: boolean): Action =>
  async (app, run) => {
    const userId = await accountId(app.get(Database), named);
    const accounts = app.get(AccountsService);
    if (verb === 'delete') return now ? purge(app, run, userId, named) : markDeleted(accounts, userId, named);
    const done = verb === 'disable' ? await accounts.disable(userId) : await accounts.enable(userId);
    if (!done) throw gone(named);
    return verb === 'disable'
      ? `${named} is disabled: every token is refused with its next request, and every sign-in.`
      : `${named} is enabled; its devices have to sign in again.`;
  };

const gone = (named: string) => new UsageError(`${named} is gone.`);

async function markDeleted(accounts: AccountsService, userId: string, named: string): Promise<string> {
  const deleted = await accounts.markDeleted(userId);
  if (deleted === null) throw gone(named);
  if (deleted.purgeAt === null) return `${named} is deleted for good.`;
  // 0: that has begun, and there is no way back.
  return deleted.purgeAt === 0
    ? `${named} is being deleted for good; "users purge-due" goes on with it.`
    : `${named} is deleted, and for good after ${moment(deleted.purgeAt)}.`;
}

const INTERRUPTED: Outcome = {
  exitCode: 130,
  text: 'Interrupted. To go on: users purge-due, or the same once more.',
};

async function purge(
  app: INestApplicationContext,
  run: Run,
  userId: string,
  named: string,
): Promise<string | Outcome> {
  const signal = run.interruption();
  const progress = (rows: number) => run.progress(`${rows} rows deleted`);
  if (await app.get(AccountsService).purge(userId, { progress, signal }))
    return `${named} is deleted for good.`;
  if (signal.aborted) return INTERRUPTED;
  throw gone(named);
}

async function purgeDue(app: INestApplicationContext, run: Run): Promise<string | Outcome> {
  const signal = run.interruption();
  const progress = (rows: number) => run.progress(`${rows} rows deleted`);
  const purged = await app.get(AccountsService).purgeDue({ progress, signal });
  if (signal.aborted) return INTERRUPTED;
  return purged === 1 ? 'One account is deleted for good.' : `${purged} accounts are deleted for good.`;
}
