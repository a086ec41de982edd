import { AppError, type FieldError } from '../common/app-error.js';
import { isCleanText } from '../common/compile-validator.js';
import { EVENT_ID_MAX_LENGTH, STORE_TEXT_MAX_LENGTH } from '../auth/subscription/billing-event.entity.js';
import { OPERATOR, OPERATOR_GRANT, OPERATOR_REVOKE } from '../auth/subscription/ledger.js';
import type { NewLine } from '../auth/subscription/ledger-rows.js';

/** What of an event is taken: who, and a line for the ledger. Money and attributes of people are not even read. */
export interface StoreEvent {
  line: NewLine;
  /** The customer under each of its names, the one that decides first. */
  names: string[];
  /** For transfers. */
  from: string[];
  to: string[];
}

/** Names of one customer that are looked at; somebody with more of them has reinstalled the app as often. */
const NAMES_MAX = 50;
const LIST_MAX = 50;
const TYPE_MAX_LENGTH = 64;
const SHORT_MAX_LENGTH = 32;
/** The last instant that dates can say. */
const INSTANT_MAX = 8.64e15;

const OURS = new Set<unknown>([OPERATOR_GRANT, OPERATOR_REVOKE]);

/**
 * Reads the body of a webhook. Strict where a misreading would give or take premium, lenient elsewhere: fields and types
 * that come later must not be refused.
 * @throws AppError request.invalid
 */
export function readStoreEvent(body: object, now: number): StoreEvent {
  const { event } = body as { event?: unknown };
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw invalid([fault('event', 'isObject', 'must be an object')]);
  const reader = new Reader(event as Record<string, unknown>);
  const transaction = reader.text('transaction_id');
  const product = reader.text('product_id');
  const line: NewLine = {
    eventId: reader.required('id', EVENT_ID_MAX_LENGTH),
    type: reader.required('type', TYPE_MAX_LENGTH),
    eventAt: reader.instant('event_timestamp_ms') ?? now,
    receivedAt: now,
    store: reader.text('store', SHORT_MAX_LENGTH),
    environment: reader.text('environment', SHORT_MAX_LENGTH),
    productId: product,
    subscriptionKey: reader.text('original_transaction_id') ?? transaction ?? product,
    transactionId: transaction,
    purchasedAt: reader.instant('purchased_at_ms'),
    expiresAt: reader.instant('expiration_at_ms'),
    graceUntil: reader.instant('grace_period_expiration_at_ms'),
    entitlements: reader.entitlements(),
    reason: reader.text('cancel_reason') ?? reader.text('expiration_reason'),
    transferredFrom: null,
    transferredTo: null,
  };
  const names = [reader.text('app_user_id'), reader.text('original_app_user_id'), ...reader.list('aliases')];
  const read = {
    line,
    names: [...new Set(names.filter((name) => name !== null))].slice(0, NAMES_MAX),
    from: reader.list('transferred_from'),
    to: reader.list('transferred_to'),
  };
  if (OURS.has(line.type) || line.store === OPERATOR) reader.refuse('type', 'isKnown', 'is one of ours');
  if (reader.faults.length > 0) throw invalid(reader.faults);
  return read;
}

/** Reads one object and gathers what is wrong with it. */
class Reader {
  readonly faults: FieldError[] = [];

  constructor(private readonly event: Record<string, unknown>) {}

  refuse(path: string, code: string, message: string): void {
    this.faults.push(fault(`event.${path}`, code, message));
  }

  /** null where nothing usable is said. */
  text(key: string, max = STORE_TEXT_MAX_LENGTH): string | null {
    return usable(this.event[key], max);
  }

  required(key: string, max: number): string {
    const text = this.text(key, max);
    if (text === null) this.refuse(key, 'isText', `must be a text of 1 to ${max} characters`);
    return text ?? '';
  }

  /** Epoch ms. An end that cannot be read must not become no end. */
  instant(key: string): number | null {
    const value = this.event[key];
    if (value === undefined || value === null) return null;
    if (Number.isInteger(value) && Math.abs(value as number) <= INSTANT_MAX) return value as number;
    this.refuse(key, 'isInstant', 'must be epoch milliseconds');
    return null;
  }

  list(key: string): string[] {
    const value = this.event[key];
    if (!Array.isArray(value)) return [];
    const texts = value.slice(0, LIST_MAX).map((each: unknown) => usable(each, STORE_TEXT_MAX_LENGTH));
    return texts.filter((each) => each !== null);
  }

  /** Older events name one, newer ones a list; null is said of products that stand for nothing. */
  entitlements(): string[] {
    const one = this.text('entitlement_id');
    return Array.isArray(this.event.entitlement_ids)
      ? this.list('entitlement_ids')
      : one === null
        ? []
        : [one];
  }
}

function usable(value: unknown, max: number): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= max && isCleanText(text) ? text : null;
}

const fault = (path: string, code: string, message: string): FieldError => ({
  path,
  code,
  message: `${path} ${message}`,
});

const invalid = (errors: FieldError[]) => new AppError('request.invalid', { errors });
