/** One line of a ledger; see billing-event.entity.ts. */
export interface LedgerEvent {
  eventId: string;
  holderId: string;
  type: string;
  eventAt: number;
  store: string | null;
  environment: string | null;
  productId: string | null;
  subscriptionKey: string | null;
  transactionId: string | null;
  purchasedAt: number | null;
  expiresAt: number | null;
  graceUntil: number | null;
  entitlements: readonly string[];
  reason: string | null;
  transferredFrom: readonly string[] | null;
  transferredTo: readonly string[] | null;
}

/** What is known of one subscription, purchase or grant. Instants are epoch ms. */
export interface HeldSubscription {
  store: string | null;
  productId: string | null;
  entitlements: readonly string[];
  environment: string | null;
  purchasedAt: number | null;
  /** null: without end. */
  endsAt: number | null;
  /** The store goes on until then while a payment is being retried. */
  graceUntil: number | null;
  /** Ended for good, whatever `endsAt` says: expired, refunded or revoked. */
  isOver: boolean;
  /** The event that spoke of it last. */
  lastEvent: string;
  lastReason: string | null;
  saidAt: number;
}

/** Events of ours among those of the stores. */
export const OPERATOR = 'OPERATOR';
export const OPERATOR_GRANT = 'OPERATOR_GRANT';
export const OPERATOR_REVOKE = 'OPERATOR_REVOKE';
export const TRANSFER = 'TRANSFER';

const REFUND = 'CUSTOMER_SUPPORT';
const SANDBOX = 'SANDBOX';

/** Say that a period has been paid for. */
const PAID = new Set(['INITIAL_PURCHASE', 'RENEWAL']);

/** Say what runs from now on, and for what. */
const STATES = new Set([
  ...PAID,
  'NON_RENEWING_PURCHASE',
  'UNCANCELLATION',
  'SUBSCRIPTION_EXTENDED',
  'TEMPORARY_ENTITLEMENT_GRANT',
  'REFUND_REVERSED',
]);

/** Say how it goes on, for what runs already. */
const REMARKS = new Set(['CANCELLATION', 'BILLING_ISSUE', 'SUBSCRIPTION_PAUSED']);

type Holdings = Map<string, HeldSubscription>;

/** Events of one moment: what ends something comes after what began it, and a transfer after both. */
const rankOf = ({ type }: LedgerEvent): number => {
  if (type === TRANSFER) return 4;
  if (type === 'EXPIRATION') return 3;
  return REMARKS.has(type) ? 2 : 1;
};

function compare(a: LedgerEvent, b: LedgerEvent): number {
  const byTime = a.eventAt - b.eventAt;
  if (byTime !== 0) return byTime;
  // Of two periods the later one decides; a renewal may come with the end of what it replaces.
  const isTransfer = Number(a.type === TRANSFER) - Number(b.type === TRANSFER);
  const byPeriod = (a.expiresAt ?? 0) - (b.expiresAt ?? 0);
  return isTransfer || byPeriod || rankOf(a) - rankOf(b) || (a.eventId < b.eventId ? -1 : 1);
}

/**
 * What one account holds, out of its ledger. Depends on the set of events alone, never on the order in which they arrived:
 * they are put into the order in which they happened first.
 */
export function holdingsOf(
  userId: string,
  ledger: readonly LedgerEvent[],
  { countsSandbox }: { countsSandbox: boolean },
): HeldSubscription[] {
  const everybody = new Map<string, Holdings>();
  const heldBy = (holder: string): Holdings => {
    let holdings = everybody.get(holder);
    if (!holdings) everybody.set(holder, (holdings = new Map()));
    return holdings;
  };
  const counted = ledger.filter(({ environment }) => countsSandbox || environment !== SANDBOX);
  for (const event of counted.toSorted(compare))
    if (event.type === TRANSFER) transfer(event, heldBy);
    else apply(event, heldBy(event.holderId));
  return [...heldBy(userId).values()];
}

function transfer(event: LedgerEvent, heldBy: (holder: string) => Holdings): void {
  const to = event.transferredTo ?? [];
  const from = (event.transferredFrom ?? []).filter((holder) => !to.includes(holder));
  for (const [key, held] of from.flatMap((holder) => [...heldBy(holder)])) {
    if (held.store === OPERATOR || (event.store !== null && held.store !== event.store)) continue;
    if (event.environment !== null && held.environment !== null && held.environment !== event.environment)
      continue;
    for (const holder of from) heldBy(holder).delete(key);
    for (const holder of to) {
      const own = heldBy(holder).get(key);
      if (own === undefined || own.saidAt < held.saidAt) heldBy(holder).set(key, held);
    }
  }
}

const keyOf = (store: string | null, key: string | null) => `${store ?? ''}/${key ?? ''}`;

function apply(event: LedgerEvent, holdings: Holdings): void {
  const { store, type } = event;
  const key = keyOf(store, event.subscriptionKey);
  const held = holdings.get(key);
  if (type === OPERATOR_GRANT) holdings.set(key, { ...begun(event), endsAt: event.expiresAt });
  else if (type === OPERATOR_REVOKE)
    for (const [each, subscription] of holdings) holdings.set(each, over(subscription, event));
  else if (type === 'EXPIRATION')
    // A grant that never became a purchase ends under its own transaction.
    for (const each of new Set([key, keyOf(store, event.transactionId)])) expire(event, each, holdings);
  else if (STATES.has(type)) state(event, key, holdings);
  else if (REMARKS.has(type)) remark(event, key, holdings);
  // What will be bought instead is said when it has been; but that there is a subscription is news if no event said so.
  else if (type === 'PRODUCT_CHANGE' && held === undefined && event.expiresAt !== null)
    holdings.set(key, begun(event));
}

const begun = (event: LedgerEvent): HeldSubscription => ({
  store: event.store,
  productId: event.productId,
  entitlements: event.entitlements,
  environment: event.environment,
  purchasedAt: event.purchasedAt,
  endsAt: event.expiresAt,
  graceUntil: null,
  isOver: false,
  ...said(event),
});

const said = ({ type, reason, eventAt }: LedgerEvent) => ({
  lastEvent: type,
  lastReason: reason,
  saidAt: eventAt,
});

const over = (held: HeldSubscription, event: LedgerEvent): HeldSubscription => ({
  ...held,
  graceUntil: null,
  isOver: true,
  ...said(event),
});

/** Only a purchase outside subscriptions may be without end; elsewhere an end that is not named is the one known before. */
function state(event: LedgerEvent, key: string, holdings: Holdings): void {
  const held = holdings.get(key);
  const named = event.expiresAt !== null || event.type === 'NON_RENEWING_PURCHASE';
  if (!named && held === undefined) return;
  holdings.set(key, {
    ...begun(event),
    endsAt: named ? event.expiresAt : (held?.endsAt ?? null),
    graceUntil: PAID.has(event.type) ? null : (held?.graceUntil ?? null),
  });
}

/** An end that was cancelled for is the same end: access stays until then. A refund takes it away when it says so. */
function remark(event: LedgerEvent, key: string, holdings: Holdings): void {
  const held = holdings.get(key);
  const isRefund = event.type === 'CANCELLATION' && event.reason === REFUND;
  if (isRefund && isAboutEarlierPeriod(event, held)) return;
  if (held === undefined && event.expiresAt === null && !isRefund) return;
  const known = held ?? begun(event);
  const endsAt = event.expiresAt ?? known.endsAt;
  if (isRefund && (event.expiresAt === null || event.expiresAt <= event.eventAt))
    holdings.set(key, { ...over(known, event), endsAt });
  else
    holdings.set(key, {
      ...known,
      endsAt,
      graceUntil: isRefund ? null : (event.graceUntil ?? known.graceUntil),
      ...said(event),
    });
}

function expire(event: LedgerEvent, key: string, holdings: Holdings): void {
  const held = holdings.get(key);
  if (isAboutEarlierPeriod(event, held)) return;
  const isOwn = key === keyOf(event.store, event.subscriptionKey);
  if (held === undefined && !isOwn) return;
  const known = held ?? begun(event);
  holdings.set(key, { ...over(known, event), endsAt: event.expiresAt ?? known.endsAt });
}

/** The end of one period, told late, is not the end of the one that was bought since. */
const isAboutEarlierPeriod = (event: LedgerEvent, held: HeldSubscription | undefined): boolean =>
  event.purchasedAt !== null &&
  held !== undefined &&
  held.purchasedAt !== null &&
  event.purchasedAt < held.purchasedAt;

/** Until when a subscription runs by itself; null: without end, undefined: it does not run, or not for what counts. */
export function endOf(
  held: HeldSubscription,
  { entitlements }: { entitlements: readonly string[] },
): number | null | undefined {
  if (held.isOver) return undefined;
  if (held.store !== OPERATOR && !held.entitlements.some((each) => entitlements.includes(each)))
    return undefined;
  return held.endsAt === null ? null : Math.max(held.endsAt, held.graceUntil ?? 0);
}
