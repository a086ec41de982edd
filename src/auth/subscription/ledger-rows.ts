import type { Statement } from '../../database/sql.js';
import type { Transaction } from '../../database/transaction.js';
import { type LedgerEvent, OPERATOR_GRANT, TRANSFER } from './ledger.js';

/** The columns beside owner and holder, with their types, in this order everywhere below. */
const FIELDS = {
  eventId: ['event_id', 'varchar'],
  type: ['type', 'varchar'],
  eventAt: ['event_at', 'bigint'],
  receivedAt: ['received_at', 'bigint'],
  store: ['store', 'varchar'],
  environment: ['environment', 'varchar'],
  productId: ['product_id', 'varchar'],
  subscriptionKey: ['subscription_key', 'varchar'],
  transactionId: ['transaction_id', 'varchar'],
  purchasedAt: ['purchased_at', 'bigint'],
  expiresAt: ['expires_at', 'bigint'],
  graceUntil: ['grace_until', 'bigint'],
  entitlements: ['entitlements', 'text[]'],
  reason: ['reason', 'varchar'],
  transferredFrom: ['transferred_from', 'uuid[]'],
  transferredTo: ['transferred_to', 'uuid[]'],
} as const;

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
const COLUMNS = Object.values(FIELDS).map(([column]) => column);

const SHOWN = Object.entries({ ...FIELDS, holderId: ['holder_id', 'uuid'] })
  .map(([name, [column, type]]) => `${column}${type === 'bigint' ? '::float8' : ''} as "${name}"`)
  .join(', ');

/** A line as it is kept. */
export type LedgerLine = LedgerEvent & { receivedAt: number };

/** A line that is not in a ledger yet: whose ledger it goes to also says who held what it speaks of. */
export type NewLine = Omit<LedgerLine, 'holderId'>;

/**
 * Serialises everything that writes these ledgers: strangers have no row to lock, and the rows of the accounts hold off
 * their deletion. Taken in one order everywhere. Pushes never touch either.
 */
const LOCK_LEDGERS = `
  select pg_advisory_xact_lock(hashtextextended(id::text, 20271)) from (
    select id from unnest($1::uuid[]) id order by id offset 0) ids`;
const LOCK_ACCOUNTS = 'select id from users where id = any($1::uuid[]) order by id for no key update';
/**
 * Before the rows of the others, which nobody wants two of without their ledgers. At once in the strength that deletion needs:
 * a lock that grows later waits for who holds a weak one (a sign-in) and may wait for this one.
 */
const LOCK_ENDING = 'select id from users where id = $1 for update';

/**
 * @param ending the one of them that is deleted in this transaction.
 * @returns which of them are accounts.
 */
export async function lockLedgers(
  tx: Transaction,
  ids: readonly string[],
  ending?: string,
): Promise<string[]> {
  const results = await tx.queryAll([
    { text: LOCK_LEDGERS, values: [ids] },
    ...(ending === undefined ? [] : [{ text: LOCK_ENDING, values: [ending] }]),
    { text: LOCK_ACCOUNTS, values: [ids] },
  ]);
  return (results.at(-1) as { id: string }[]).map(({ id }) => id);
}

const FILE = `
  insert into billing_events (user_id, holder_id, ${COLUMNS.join(', ')})
  select id, id, ${Object.values(FIELDS)
    .map(([, type], n) => `$${n + 2}::${type}`)
    .join(', ')}
  from unnest($1::uuid[]) id
  on conflict (user_id, event_id) do nothing returning user_id`;

/** @returns whether it is new to any of these ledgers. */
export async function fileLine(tx: Transaction, ids: readonly string[], line: NewLine): Promise<boolean> {
  const values = [ids, ...NAMES.map((name) => line[name])];
  return (await tx.query({ text: FILE, values })).length > 0;
}

const HEIRS = `
  select distinct heir as id from billing_events t cross join unnest(t.transferred_to) heir
  where t.user_id = any($1::uuid[]) and t.type = '${TRANSFER}' and heir <> all($1::uuid[])`;

/** Who has got subscriptions out of these ledgers, beside them. */
export async function heirsOf(tx: Transaction, ids: readonly string[]): Promise<string[]> {
  return (await tx.query<{ id: string }>({ text: HEIRS, values: [ids] })).map(({ id }) => id);
}

const INHERIT = `
  insert into billing_events (user_id, holder_id, ${COLUMNS.join(', ')})
  select heir, e.holder_id, ${COLUMNS.map((column) => `e.${column}`).join(', ')}
  from billing_events t cross join unnest(t.transferred_to) heir
  join billing_events e on e.user_id = t.user_id and e.event_at <= t.event_at
  where t.user_id = any($1::uuid[]) and t.type = '${TRANSFER}' and t.user_id = any(t.transferred_from)
    and heir = any($1::uuid[]) and heir <> t.user_id and e.type <> '${OPERATOR_GRANT}'
  on conflict (user_id, event_id) do nothing returning 1`;

/**
 * Copies what went over with transfers, so that each ledger speaks for itself: the account it came from may be deleted
 * later, and what is told late of the time before reaches the heir as well.
 */
export async function inherit(tx: Transaction, ids: readonly string[]): Promise<number> {
  let copied = 0;
  for (;;) {
    const { length } = await tx.query({ text: INHERIT, values: [ids] });
    if (length === 0) return copied;
    copied += length;
  }
}

/** Ledgers of others in which an account is named: what it had came to them with a transfer, or the other way round. */
export const ledgersNaming = (userId: string): Statement => ({
  text: 'select ledgers_naming($1) as id',
  values: [userId],
});

const RENAME = `
  update billing_events
  set holder_id = case when holder_id = $2 then $3 else holder_id end,
    transferred_from = array_replace(transferred_from, $2, $3),
    transferred_to = array_replace(transferred_to, $2, $3)
  where user_id = any($1::uuid[])
    and (holder_id = $2 or $2 = any(transferred_from) or $2 = any(transferred_to))`;

/**
 * Has these ledgers speak of `holder` under another name: the one change of lines that are there. What follows from them
 * stays as it is: names only tell holders apart.
 */
export async function renameHolder(
  tx: Transaction,
  ids: readonly string[],
  { holder, name }: { holder: string; name: string },
): Promise<void> {
  await tx.query({ text: RENAME, values: [ids, holder, name] });
}

/** A whole ledger, in the order in which it happened. */
export const readLedger = (userId: string): Statement => ({
  text: `select ${SHOWN} from billing_events where user_id = $1 order by event_at, event_id`,
  values: [userId],
});
