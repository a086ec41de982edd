import { isError } from './is-error.js';

/** SQLSTATEs and system errors that say: the database, not the request, is at fault, and it may pass. */
const UNAVAILABLE_STATES = new Set([
  '53000', // insufficient resources
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '57014', // cancelled by statement_timeout
  '57P01', // shut down by an administrator
  '57P02', // crashed
  '57P03', // still starting
  '57P05', // idle session ended
  '25006', // read only: a standby took over the address
  '25P03', // idle in transaction too long
  '26000', // a prepared statement is gone: a pooler, DISCARD ALL
  '42P05', // or one is there that this process does not know of
]);
const UNAVAILABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const CONNECTION_EXCEPTION = '08';

/** pg says these without a code; the last is what a connection says for ever once a migration has changed a type below it. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Connection ended unexpectedly|Cannot use a pool after|Driver not Connected|cached plan must not change result type)/;

const BUSY_STATES = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock_timeout
]);

interface Fault {
  code?: unknown;
  message: string;
  driverError?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/** TypeORM wraps the driver's error, Node several attempts to connect. */
function* unwrap(error: unknown, depth = 0): Generator<Fault> {
  if (!isError(error) || depth > 4) return;
  const fault = error as Fault;
  yield fault;
  yield* unwrap(fault.driverError, depth + 1);
  yield* unwrap(fault.cause, depth + 1);
  if (Array.isArray(fault.errors)) for (const inner of fault.errors) yield* unwrap(inner, depth + 1);
}

function saysUnavailable({ code, message }: Fault): boolean {
  if (typeof code === 'string')
    if (UNAVAILABLE_STATES.has(code) || UNAVAILABLE_SYSTEM.has(code) || code.startsWith(CONNECTION_EXCEPTION))
      return true;
  return UNAVAILABLE_MESSAGES.test(message);
}

/** Whether the database is away, full or overwhelmed: the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  return [...unwrap(error)].some(saysUnavailable);
}

/** Whether another transaction stood in the way: the same request may succeed at once. */
export function isBusy(error: unknown): boolean {
  return [...unwrap(error)].some(({ code }) => typeof code === 'string' && BUSY_STATES.has(code));
}

/** What may go wrong with the database, as operators tell it apart. */
export const DATABASE_FAULTS = [
  'lock_timeout',
  'conflict',
  'statement_timeout',
  'disk_full',
  'pool_timeout',
  'unavailable',
  'other',
] as const;
export type DatabaseFault = (typeof DATABASE_FAULTS)[number];

const FAULT_OF_STATE: Readonly<Record<string, DatabaseFault>> = {
  '55P03': 'lock_timeout',
  '40001': 'conflict',
  '40P01': 'conflict',
  '57014': 'statement_timeout',
  '53100': 'disk_full',
};
const FAULT_OF_MESSAGE: readonly (readonly [RegExp, DatabaseFault])[] = [
  [/^Query read timeout/, 'statement_timeout'],
  [/^timeout exceeded when trying to connect/, 'pool_timeout'],
];
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The kind of a fault of the database; undefined for what was thrown for another reason. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  const faults = [...unwrap(error)];
  const states = faults.flatMap(({ code }) =>
    typeof code === 'string' && SQLSTATE.test(code) ? [code] : [],
  );
  for (const state of states) if (FAULT_OF_STATE[state]) return FAULT_OF_STATE[state];
  for (const { message } of faults)
    for (const [pattern, kind] of FAULT_OF_MESSAGE) if (pattern.test(message)) return kind;
  if (faults.some(saysUnavailable)) return 'unavailable';
  // Errors of the system have names of five letters, too: EPIPE is taken above.
  return states.length > 0 ? 'other' : undefined;
}
