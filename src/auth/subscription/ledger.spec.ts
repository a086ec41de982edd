import * as fc from 'fast-check';
import { endOf, holdingsOf, type LedgerEvent, OPERATOR, OPERATOR_GRANT, OPERATOR_REVOKE } from './ledger.js';

const MARIA = 'maria';
const JOE = 'joe';
const DAY = 86_400_000;
const JUNE = Date.UTC(2026, 5, 1);
const JULY = JUNE + 30 * DAY;
const AUGUST = JULY + 30 * DAY;

let made = 0;
/** A month's subscription that begins in June, unless the case says otherwise. */
const event = (type: string, at: number, changes: Partial<LedgerEvent> = {}): LedgerEvent => ({
  eventId: `e${++made}`,
  holderId: MARIA,
  type,
  eventAt: at,
  store: 'APP_STORE',
  environment: 'PRODUCTION',
  productId: 'monthly',
  subscriptionKey: '1000',
  transactionId: '1000',
  purchasedAt: JUNE,
  expiresAt: JULY,
  graceUntil: null,
  entitlements: ['premium'],
  reason: null,
  transferredFrom: null,
  transferredTo: null,
  ...changes,
});

const bought = (changes: Partial<LedgerEvent> = {}) => event('INITIAL_PURCHASE', JUNE, changes);
const renewed = (changes: Partial<LedgerEvent> = {}) =>
  event('RENEWAL', JULY, { purchasedAt: JULY, expiresAt: AUGUST, transactionId: '1001', ...changes });
const transferred = (at: number, changes: Partial<LedgerEvent> = {}) =>
  event('TRANSFER', at, { transferredFrom: [MARIA], transferredTo: [JOE], environment: null, ...changes });
const granted = (at: number, expiresAt: number | null) =>
  event(OPERATOR_GRANT, at, { store: OPERATOR, subscriptionKey: null, entitlements: [], expiresAt });
const revoked = (at: number) => event(OPERATOR_REVOKE, at, { store: OPERATOR, subscriptionKey: null });

/** Until when each of them runs; null: without end. Those that do not run are left out. */
const endsOf = (ledger: readonly LedgerEvent[], userId = MARIA, countsSandbox = false) =>
  holdingsOf(userId, ledger, { countsSandbox }).flatMap((held) => {
    const end = endOf(held, { entitlements: ['premium'] });
    return end === undefined ? [] : [end];
  });

describe('what an account holds', () => {
  it.each<[string, LedgerEvent[], (number | null)[]]>([
    ['nothing, of an empty ledger', [], []],
    ['a purchase to its end', [bought()], [JULY]],
    ['a renewal to the later end', [bought(), renewed()], [AUGUST]],
    ['a renewal whose purchase was never told', [renewed()], [AUGUST]],
    [
      'a cancelled one to its end',
      [bought(), event('CANCELLATION', JUNE + DAY, { reason: 'UNSUBSCRIBE' })],
      [JULY],
    ],
    [
      'a refunded one no longer, from the moment the store names',
      [
        bought(),
        event('CANCELLATION', JUNE + DAY, { reason: 'CUSTOMER_SUPPORT', expiresAt: JUNE + DAY - 5 }),
      ],
      [],
    ],
    [
      'a refunded one to its end where the store leaves it running',
      [bought(), event('CANCELLATION', JUNE + DAY, { reason: 'CUSTOMER_SUPPORT', expiresAt: JULY })],
      [JULY],
    ],
    [
      'one whose refund was taken back',
      [
        bought(),
        event('CANCELLATION', JUNE + DAY, { reason: 'CUSTOMER_SUPPORT', expiresAt: JUNE + DAY }),
        event('REFUND_REVERSED', JUNE + 2 * DAY),
      ],
      [JULY],
    ],
    [
      'not the period before, which is refunded after the renewal',
      [
        bought(),
        renewed(),
        event('CANCELLATION', JULY + DAY, { reason: 'CUSTOMER_SUPPORT', expiresAt: JUNE }),
      ],
      [AUGUST],
    ],
    ['an expired one no longer', [bought(), event('EXPIRATION', JULY)], []],
    ['one that expired and was bought again', [bought(), event('EXPIRATION', JULY), renewed()], [AUGUST]],
    [
      'a renewed one, though the end of the period before is told late',
      [bought(), renewed(), event('EXPIRATION', JULY + DAY)],
      [AUGUST],
    ],
    [
      'one that the store goes on with while it retries the payment, cancellation or not',
      [
        bought(),
        event('BILLING_ISSUE', JULY, { graceUntil: JULY + 16 * DAY }),
        event('CANCELLATION', JULY, { reason: 'BILLING_ERROR' }),
      ],
      [JULY + 16 * DAY],
    ],
    ['one with a billing issue and no grace to its end', [bought(), event('BILLING_ISSUE', JULY)], [JULY]],
    [
      'one whose payment came in the end, without what is left of the grace',
      [
        bought(),
        event('BILLING_ISSUE', JULY, { graceUntil: AUGUST + DAY }),
        renewed({ eventAt: JULY + DAY }),
      ],
      [AUGUST],
    ],
    ['a paused one to its end', [bought(), event('SUBSCRIPTION_PAUSED', JUNE + DAY)], [JULY]],
    [
      'an extended one',
      [bought(), event('SUBSCRIPTION_EXTENDED', JUNE + DAY, { expiresAt: AUGUST })],
      [AUGUST],
    ],
    [
      'one that is to become another product, for now',
      [bought(), event('PRODUCT_CHANGE', JUNE + DAY, { expiresAt: JUNE + DAY })],
      [JULY],
    ],
    ['one that only a change of product speaks of', [event('PRODUCT_CHANGE', JUNE + DAY)], [JULY]],
    [
      'no longer one that was renewed as a product without the entitlement',
      [bought(), renewed({ entitlements: ['basic'] })],
      [],
    ],
    ['a purchase for life', [event('NON_RENEWING_PURCHASE', JUNE, { expiresAt: null })], [null]],
    [
      'no purchase for life that was refunded',
      [
        event('NON_RENEWING_PURCHASE', JUNE, { expiresAt: null }),
        event('CANCELLATION', JUNE + DAY, { reason: 'CUSTOMER_SUPPORT', expiresAt: null }),
      ],
      [],
    ],
    ['nothing by a renewal that names no end', [renewed({ expiresAt: null })], []],
    ['the end known before, by a renewal that names none', [bought(), renewed({ expiresAt: null })], [JULY]],
    [
      'no temporary grant that never became a purchase',
      [
        event('TEMPORARY_ENTITLEMENT_GRANT', JUNE, { subscriptionKey: 'temp', transactionId: 'temp' }),
        event('EXPIRATION', JUNE + DAY, { subscriptionKey: '1000', transactionId: 'temp' }),
      ],
      [],
    ],
    ['nothing that does not count', [event('NON_RENEWING_PURCHASE', JUNE, { entitlements: [] })], []],
    [
      'both of two subscriptions',
      [bought(), bought({ store: 'PLAY_STORE', subscriptionKey: 'GPA', expiresAt: AUGUST })],
      [JULY, AUGUST],
    ],
    [
      'the other one when one has expired',
      [bought(), bought({ store: 'STRIPE', expiresAt: AUGUST }), event('EXPIRATION', JULY)],
      [AUGUST],
    ],
    ['a grant of an operator, whatever stores say', [granted(JUNE, null), event('EXPIRATION', JULY)], [null]],
    ['the later of two grants', [granted(JUNE, null), granted(JUNE + 1, AUGUST)], [AUGUST]],
    ['nothing once an operator has ended it', [bought(), granted(JUNE + 1, null), revoked(JUNE + 2)], []],
    ['what a store says after an operator has ended it', [bought(), revoked(JUNE + 2), renewed()], [AUGUST]],
    [
      'what is unknown does not matter',
      [bought(), event('PAYWALL_IMPRESSION', JULY, { expiresAt: JUNE })],
      [JULY],
    ],
  ])('is %s', (_, ledger, ends) => {
    expect(endsOf(ledger)).toEqual(ends);
    expect(endsOf(ledger.toReversed())).toEqual(expect.arrayContaining(ends));
    expect(endsOf(ledger.toReversed())).toHaveLength(ends.length);
  });

  it('does not count what testers bought, unless it is told to', () => {
    const ledger = [bought({ environment: 'SANDBOX' })];
    expect(endsOf(ledger)).toEqual([]);
    expect(endsOf(ledger, MARIA, true)).toEqual([JULY]);
  });

  describe('after a transfer', () => {
    it('is what the other one had, who has it no longer', () => {
      const ledger = [bought(), transferred(JUNE + DAY)];
      expect([endsOf(ledger), endsOf(ledger, JOE)]).toEqual([[], [JULY]]);
    });

    it('is told by events of the new holder, the old one’s concern it no more', () => {
      const ledger = [bought(), transferred(JUNE + DAY), renewed({ holderId: JOE })];
      expect([endsOf(ledger), endsOf(ledger, JOE)]).toEqual([[], [AUGUST]]);
    });

    it('is not what the store of the transfer does not know, nor an operator’s grant', () => {
      const elsewhere = bought({ store: 'PLAY_STORE', subscriptionKey: 'GPA', expiresAt: AUGUST });
      const ledger = [bought(), elsewhere, granted(JUNE, null), transferred(JUNE + DAY)];
      expect([endsOf(ledger), endsOf(ledger, JOE)]).toEqual([[null, AUGUST], [JULY]]);
    });

    it('goes on to the next, and back', () => {
      const on = transferred(JUNE + 2 * DAY, { transferredFrom: [JOE], transferredTo: ['ann'] });
      const back = transferred(JUNE + 3 * DAY, { transferredFrom: ['ann'], transferredTo: [MARIA] });
      const there = [bought(), transferred(JUNE + DAY), on];
      expect([MARIA, JOE, 'ann'].map((each) => endsOf(there, each))).toEqual([[], [], [JULY]]);
      expect([MARIA, JOE, 'ann'].map((each) => endsOf([...there, back], each))).toEqual([[JULY], [], []]);
    });

    it('is nothing of testers, where the transfer is of testers', () => {
      const ledger = [bought(), transferred(JUNE + DAY, { environment: 'SANDBOX' })];
      expect([endsOf(ledger), endsOf(ledger, JOE)]).toEqual([[JULY], []]);
      expect([endsOf(ledger, MARIA, true), endsOf(ledger, JOE, true)]).toEqual([[JULY], []]);
    });
  });

  it('does not depend on the order in which things were said', () => {
    const ledger = [
      bought(),
      event('CANCELLATION', JUNE + DAY, { reason: 'UNSUBSCRIBE' }),
      transferred(JUNE + 2 * DAY),
      event('BILLING_ISSUE', JULY, { holderId: JOE, graceUntil: JULY + DAY }),
      event('CANCELLATION', JULY, { holderId: JOE, reason: 'BILLING_ERROR' }),
      event('EXPIRATION', JULY, { holderId: JOE }),
      renewed({ holderId: JOE }),
      granted(JUNE, JULY),
      revoked(JUNE + 3 * DAY),
    ];
    const said = (events: readonly LedgerEvent[]) =>
      [MARIA, JOE].map((each) => holdingsOf(each, events, { countsSandbox: false }));
    fc.assert(
      fc.property(fc.shuffledSubarray(ledger, { minLength: ledger.length }), (shuffled) => {
        expect(said(shuffled)).toEqual(said(ledger));
      }),
      { numRuns: 300, seed: 20_271_129 },
    );
  });
});
