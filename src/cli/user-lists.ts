import { Database } from '../database/database.js';
import { normaliseEmail } from '../auth/email.js';
import { isUuid } from '../sync/client-key.js';
import { type Action, UsageError } from './command.js';
import { moment, printable, table } from './table.js';

interface UserRow {
  id: string;
  email: string;
  createdAt: number;
  lastLoginAt: number | null;
  disabledAt: number | null;
  deletedAt: number | null;
  purgeAfterAt: number | null;
  subscription: string;
}

const COLUMNS = `id, email, created_at::float8 as "createdAt", last_login_at::float8 as "lastLoginAt",
  disabled_at::float8 as "disabledAt", deleted_at::float8 as "deletedAt", purge_after_at::float8 as "purgeAfterAt",
  subscription_status as subscription`;

const DEFAULT_LIMIT = 50;
const MOST = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';
/** Of an id; fewer digits would find half of all accounts. */
const ID_BEGINNING = /^[0-9a-f][0-9a-f-]{3,35}$/i;

/** The ids that begin so, as the first and the last of them. */
export function idsThatBegin(text: string): [string, string] {
  const digits = text.toLowerCase().replaceAll('-', '');
  return ['0', 'f'].map((fill) =>
    digits.padEnd(32, fill).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
  ) as [string, string];
}

/** `users find WORD …` */
export function findUsers(words: readonly string[]): Action {
  if (words.length === 0)
    throw new UsageError('Say what to look for: "users find EMAIL", or the beginning of an id.');
  const wrong = words.find((word) => !word.includes('@') && !ID_BEGINNING.test(word));
  if (wrong !== undefined)
    throw new UsageError(`"${wrong}" is neither an e-mail address nor four digits or more of an id.`);
  return async (app) => {
    const database = app.get(Database);
    const found: UserRow[] = [];
    for (const word of words) {
      const rows = word.includes('@')
        ? await database.query<UserRow>({
            text: `select ${COLUMNS} from users where email = $1`,
            values: [normaliseEmail(word)],
          })
        : await database.query<UserRow>({
            text: `select ${COLUMNS} from users where id between $1 and $2 order by id limit ${MOST}`,
            values: idsThatBegin(word),
          });
      found.push(...rows);
    }
    if (found.length === 0) throw new UsageError(`There is no such account: ${words.join(', ')}.`);
    return describe(found);
  };
}

const STATES: Record<string, string> = {
  disabled: 'disabled_at is not null',
  deleted: 'deleted_at is not null',
};

/** `users list [--limit N] [--after ID] [--state STATE]` */
export function listUsers({
  limit,
  after,
  state,
}: {
  limit?: string;
  after?: string;
  state?: string;
}): Action {
  const count = Number(limit ?? DEFAULT_LIMIT);
  if (!Number.isInteger(count) || count < 1 || count > MOST)
    throw new UsageError(`--limit takes a number from 1 to ${MOST}.`);
  if (after !== undefined && !isUuid(after)) throw new UsageError('--after takes the id of an account.');
  const condition = state === undefined ? 'true' : STATES[state];
  if (condition === undefined) throw new UsageError(`--state takes ${Object.keys(STATES).join(' or ')}.`);
  return async (app) => {
    const rows = await app.get(Database).query<UserRow>({
      text: `select ${COLUMNS} from users where id > $1 and ${condition} order by id limit $2`,
      values: [after ?? BEFORE_ALL, count],
    });
    if (rows.length === 0) return `There are no ${after === undefined ? '' : 'more '}accounts.`;
    return rows.length < count
      ? describe(rows)
      : `${describe(rows)}\n\nMore: --after ${rows[rows.length - 1].id}`;
  };
}

const describe = (rows: readonly UserRow[]): string =>
  table(
    ['ID', 'E-MAIL', 'SINCE', 'LAST SIGN-IN', 'SUBSCRIPTION', 'STATE'],
    rows.map((row) => [
      row.id,
      printable(row.email),
      moment(row.createdAt),
      row.lastLoginAt === null ? '' : moment(row.lastLoginAt),
      row.subscription,
      stateOf(row),
    ]),
  );

function stateOf({ disabledAt, deletedAt, purgeAfterAt }: UserRow): string {
  if (purgeAfterAt === 0) return 'is being deleted for good';
  if (deletedAt !== null && purgeAfterAt !== null) return `deleted, for good after ${moment(purgeAfterAt)}`;
  return disabledAt === null ? '' : `disabled ${moment(disabledAt)}`;
}
