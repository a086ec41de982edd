import { parseArgs } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isUuid } from '../sync/client-key.js';
import { QuarantineService } from '../sync/quarantine.service.js';
import { accountId } from './accounts.js';
import { type Action, type Command, UsageError } from './command.js';
import { redrive } from './redrive.js';
import { moment, printable, table } from './table.js';

const HELP = `Usage:
  quarantine list                                  how many refused records there are, by account and reason
  quarantine list EMAIL [--limit N] [--before ID]  refused records of an account, newest first
  quarantine show EMAIL ID                         one of them, as it was sent
  quarantine redrive [EMAIL] [--code CODE] [--from USER_ID]
                                                   push refused records again, after a correction of the server
  quarantine drop EMAIL ID
  quarantine drop EMAIL (--code CODE | --all)      remove refused records, for good

Records that phones sent and that could not be stored are kept as they were sent. "redrive" pushes them again for the device that
sent them: what can be stored now leaves the quarantine, and edit times decide whether it is the record or goes to its
history. It may be interrupted and repeated. CODE is the reason, such as record.out_of_range; docs/errors.md has them all.`;

const OPTIONS = {
  limit: { type: 'string' },
  before: { type: 'string' },
  code: { type: 'string' },
  from: { type: 'string' },
  all: { type: 'boolean' },
} as const;

type Values = { [Name in keyof typeof OPTIONS]?: Name extends 'all' ? boolean : string };

/** Which options belong to which verb, and how many words may follow it. */
const VERBS: Record<string, { options: readonly (keyof typeof OPTIONS)[]; words: number }> = {
  list: { options: ['limit', 'before'], words: 1 },
  show: { options: [], words: 2 },
  redrive: { options: ['code', 'from'], words: 1 },
  drop: { options: ['code', 'all'], words: 2 },
};

const DEFAULT_LIMIT = 50;
const MOST = 500;

/** `quarantine list|show|redrive|drop …` */
export const quarantine: Command = {
  name: 'quarantine',
  summary: 'list, push again or drop records that could not be stored',
  help: HELP,
  read(args: string[]): Action {
    const { positionals, values } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [verb, email, id, ...rest] = positionals;
    const known = verb === undefined ? undefined : VERBS[verb];
    if (known === undefined)
      throw new UsageError(
        'Say "quarantine list", "quarantine show", "quarantine redrive" or "quarantine drop".',
      );
    const foreign = Object.keys(values).find((name) => !known.options.some((own) => own === name));
    if (foreign !== undefined) throw new UsageError(`--${foreign} does not belong to "quarantine ${verb}".`);
    if (positionals.length - 1 > known.words || rest.length > 0)
      throw new UsageError(`That is too much for "quarantine ${verb}"; see --help.`);
    if (verb === 'redrive') return redrive(email, values);
    if (verb === 'list') return email === undefined ? summarise : list(email, values);
    return verb === 'show' ? show(email, id) : drop(email, id, values);
  },
};

function list(email: string, { limit = String(DEFAULT_LIMIT), before }: Values): Action {
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > MOST)
    throw new UsageError(`--limit takes a number from 1 to ${MOST}.`);
  if (before !== undefined && !isUuid(before))
    throw new UsageError('--before takes the id of a refused record.');
  return async (app) => {
    const userId = await accountId(app.get(Database), email);
    const entries = await app.get(QuarantineService).list(userId, { limit: count, before });
    if (entries.length === 0)
      return `There are no ${before === undefined ? '' : 'more '}refused records of ${email}.`;
    const rows = entries.map(({ id, receivedAt, collection, code, field, deviceId }) => [
      id,
      moment(receivedAt),
      collection,
      code,
      printable(field ?? ''),
      printable(deviceId),
    ]);
    const shown = table(['ID', 'RECEIVED', 'COLLECTION', 'CODE', 'FIELD', 'DEVICE'], rows);
    return entries.length < count ? shown : `${shown}\n\nMore: --before ${entries[entries.length - 1].id}`;
  };
}

const SUMMARY = `
  select r.user_id as id, u.email, r.collection, r.code, count(*)::int as count, max(r.received_at)::float8 as last
  from rejected_records r left join users u on u.id = r.user_id
  group by 1, 2, 3, 4 order by count(*) desc, 1, 3, 4 limit ${MOST}`;

async function summarise(app: INestApplicationContext): Promise<string> {
  const rows = await app.get(Database).query<{
    id: string;
    email: string | null;
    collection: string;
    code: string;
    count: number;
    last: number;
  }>({ text: SUMMARY });
  if (rows.length === 0) return 'There are no refused records.';
  return table(
    ['ACCOUNT', 'COLLECTION', 'CODE', 'RECORDS', 'LAST'],
    rows.map(({ id, email, collection, code, count, last }) => [
      email ?? id,
      collection,
      code,
      String(count),
      moment(last),
    ]),
  );
}

function show(email: string | undefined, id: string | undefined): Action {
  if (email === undefined || id === undefined || !isUuid(id))
    throw new UsageError('Say which: "quarantine show EMAIL ID"; "quarantine list EMAIL" names them.');
  return async (app) => {
    const userId = await accountId(app.get(Database), email);
    const entry = await app.get(QuarantineService).find(userId, id);
    if (entry === null) throw new UsageError(`${email} has no refused record ${id}.`);
    return JSON.stringify({ ...entry, receivedAt: new Date(entry.receivedAt).toISOString() }, null, 2);
  };
}

function drop(email: string | undefined, id: string | undefined, { code, all }: Values): Action {
  if (email === undefined) throw new UsageError('Say whose: "quarantine drop EMAIL …".');
  if ([id, code, all].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('Say what to drop, one of ID, --code CODE and --all.');
  if (id !== undefined && !isUuid(id)) throw new UsageError(`"${id}" is no id of a refused record.`);
  return async (app) => {
    const userId = await accountId(app.get(Database), email);
    const dropped = await app
      .get(QuarantineService)
      .drop(userId, { ids: id === undefined ? undefined : [id], code });
    if (dropped === 0) throw new UsageError(`${email} has no such refused record.`);
    return `${dropped === 1 ? 'One refused record is' : `${dropped} refused records are`} gone.`;
  };
}
