import { Database } from '../database/database.js';
import { RedriveService } from '../sync/redrive.service.js';
import { accountId, forEachAccount, interrupted, startingId } from './accounts.js';
import { type Action, UsageError } from './command.js';

/** The next account with refused records: one step down the index, however many there are. */
const NEXT = 'select user_id as id from rejected_records where user_id >= $1 order by user_id limit 1';
const NEXT_BUT = 'select user_id as id from rejected_records where user_id > $1 order by user_id limit 1';

async function* accountsWithRefused(database: Database, from: string): AsyncGenerator<string> {
  for (let text = NEXT, last = from; ;) {
    const [row] = await database.query<{ id: string }>({ text, values: [last] });
    if (!row) return;
    yield row.id;
    last = row.id;
    text = NEXT_BUT;
  }
}

/** `quarantine redrive [EMAIL] [--code CODE] [--from USER_ID]` */
export function redrive(email: string | undefined, { code, from }: { code?: string; from?: string }): Action {
  if (email !== undefined && from !== undefined)
    throw new UsageError('--from goes on with the accounts from one on: it does not belong to one account.');
  const start = startingId(from);
  return async (app, run) => {
    const database = app.get(Database);
    const service = app.get(RedriveService);
    const ids =
      email === undefined ? accountsWithRefused(database, start) : [await accountId(database, email)];
    let taken = 0;
    let kept = 0;
    const journey = await forEachAccount(run, ids, async (id, done) => {
      run.progress(`${done} accounts: ${taken} records stored, ${kept} still refused`);
      const result = await service.redrive(id, code ?? null);
      taken += result.taken;
      kept += result.kept;
    });
    const option = code === undefined ? '' : ` --code ${code}`;
    if (journey.next !== null) return interrupted(journey, `quarantine redrive${option}`);
    return `${taken} refused records are stored now; ${kept} still cannot be and stay.`;
  };
}
