import type { Statement } from './sql.js';

/**
 * Bounds on every wait, so that no request outlives half a minute: the server gives up first, and our own read timeout
 * catches a server that cannot even do that. A full pool answers 503 after CONNECT.
 */
export const TIMEOUT_MS = {
  connect: 5_000,
  lock: 3_000,
  statement: 25_000,
  read: 28_000,
  idleInTransaction: 60_000,
} as const;

/** The bounds that PostgreSQL keeps. */
const TIMEOUTS = {
  lock_timeout: TIMEOUT_MS.lock,
  statement_timeout: TIMEOUT_MS.statement,
  idle_in_transaction_session_timeout: TIMEOUT_MS.idleInTransaction,
};

/**
 * Compiling a plan costs 2 to 5 ms, more than most of our statements take. Parallel workers would read the sections of a
 * pull in any order. Where a prepared statement is given a list, PostgreSQL believes for ever that planning anew for its
 * length is worth it: 0.4 ms for each of the two statements that read what a push meets. A plan that is made while a table
 * is nearly empty must not read the whole of it when it no longer is: every statement has the owner in its key.
 */
const PLANNING = {
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
};

/** What a connection of our own is opened with. */
export const STARTUP_PARAMETERS = {
  ...TIMEOUTS,
  options: Object.entries(PLANNING)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' '),
};

/**
 * The same where connections are not ours: a pooler in transaction mode hands a connection on after each transaction, and
 * refuses parameters it does not know. Each transaction begins with this, and leaves nothing behind.
 */
export const TRANSACTION_SETTINGS: Statement = {
  text: `select ${Object.entries({ ...TIMEOUTS, ...PLANNING })
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`,
  rowMode: 'array',
};
