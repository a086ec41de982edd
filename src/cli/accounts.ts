import { isUuid } from '../sync/client-key.js';
import { normaliseEmail } from '../auth/email.js';
import type { Database } from '../database/database.js';
import { type Outcome, UsageError } from './command.js';
import type { Run } from './run-context.js';

const PAGE = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Of the account with that e-mail address, or with that id. @throws UsageError */
export async function accountId(database: Database, named: string): Promise<string> {
  const [row] = isUuid(named)
    ? await database.query<{ id: string }>({ text: 'select id from users where id = $1', values: [named] })
    : await database.query<{ id: string }>({
        text: 'select id from users where email = $1',
        values: [normaliseEmail(named)],
      });
  if (row) return row.id;
  throw new UsageError(
    isUuid(named) ? `There is no account ${named}.` : `There is no account with the e-mail address ${named}.`,
  );
}

/** @throws UsageError for anything but an id to go on from */
export function startingId(from: string | undefined): string {
  if (from === undefined) return BEFORE_ALL;
  if (!isUuid(from)) throw new UsageError(`"${from}" is no id of an account.`);
  return from;
}

/** What is being deleted for good has lost its sync clock already. */
const pageSql = (from: string) =>
  `select id from users where id ${from} $1 and purge_after_at is distinct from 0 order by id limit ${PAGE}`;

/** Ids of all accounts from that one on, itself included, in their order; never all in memory. */
export async function* accountIds(database: Database, from: string): AsyncGenerator<string> {
  for (let next = from, text = pageSql('>='); ;) {
    const rows = await database.query<{ id: string }>({ text, values: [next] });
    for (const { id } of rows) yield id;
    if (rows.length < PAGE) return;
    next = rows[rows.length - 1].id;
    text = pageSql('>');
  }
}

export interface Journey {
  done: number;
  /** Where to go on, if the operator interrupted it. */
  next: string | null;
}

/** Does the work for one account after the other; stops between two when the operator wants it to. */
export async function forEachAccount(
  run: Run,
  ids: AsyncIterable<string> | Iterable<string>,
  work: (id: string, done: number) => Promise<void>,
): Promise<Journey> {
  const stop = run.interruption();
  let done = 0;
  for await (const id of ids) {
    if (stop.aborted) return { done, next: id };
    await work(id, done);
    done++;
  }
  return { done, next: null };
}

export const interrupted = ({ done, next }: Journey, command: string): Outcome => ({
  exitCode: 130,
  text: `Interrupted after ${done} accounts. To go on: ${command} --from ${next}`,
});
