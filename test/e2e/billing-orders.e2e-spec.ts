import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { strangerId } from '../../src/auth/subscription/holders.js';
import { holdingsOf, type LedgerEvent } from '../../src/auth/subscription/ledger.js';
import { SubscriptionService } from '../../src/auth/subscription.service.js';
import { readStoreEvent } from '../../src/billing/store-event.js';
import { Database } from '../../src/database/database.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { AUTHORIZATION, eventOf, RevenueCat, transferOf } from '../support/revenuecat.js';

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const SEED = 20_271_129;

const TYPES = [
  'INITIAL_PURCHASE',
  'RENEWAL',
  'NON_RENEWING_PURCHASE',
  'CANCELLATION',
  'UNCANCELLATION',
  'BILLING_ISSUE',
  'EXPIRATION',
  'SUBSCRIPTION_EXTENDED',
  'SUBSCRIPTION_PAUSED',
  'PRODUCT_CHANGE',
  'REFUND_REVERSED',
  'TEMPORARY_ENTITLEMENT_GRANT',
];

/** Two accounts and somebody without one; each run has its own. */
interface Cast {
  names: [string, string, string];
}

/** An event for whoever plays. Few moments and few subscriptions, so that they meet. */
type Scene = (cast: Cast) => Record<string, unknown> & { type: string; id: string };

const day = (max: number) => fc.integer({ min: 0, max }).map((days) => NOON + days * DAY_MS);
const who = fc.integer({ min: 0, max: 2 });

const spoken: fc.Arbitrary<Scene> = fc
  .record({
    id: fc.uuid(),
    type: fc.constantFrom(...TYPES),
    who,
    at: day(8),
    from: day(6),
    until: fc.option(day(60)),
    grace: fc.option(day(70)),
    store: fc.constantFrom('APP_STORE', 'PLAY_STORE'),
    key: fc.constantFrom('1', '2'),
    reason: fc.constantFrom('UNSUBSCRIBE', 'BILLING_ERROR', 'CUSTOMER_SUPPORT'),
    entitlement: fc.constantFrom('premium', 'premium', 'coach'),
  })
  .map(
    (said) =>
      ({ names }) =>
        eventOf(names[said.who] ?? '', said.type, {
          id: said.id,
          event_timestamp_ms: said.at,
          purchased_at_ms: said.from,
          expiration_at_ms: said.until,
          grace_period_expiration_at_ms: said.grace,
          store: said.store,
          original_transaction_id: said.key,
          transaction_id: said.key,
          cancel_reason: said.reason,
          expiration_reason: null,
          entitlement_ids: [said.entitlement],
        }) as ReturnType<Scene>,
  );

const moved: fc.Arbitrary<Scene> = fc
  .record({ id: fc.uuid(), at: day(8), from: who, to: who, store: fc.constantFrom('APP_STORE', null) })
  .filter(({ from, to }) => from !== to)
  .map(
    ({ id, at, from, to, store }) =>
      ({ names }) =>
        transferOf([names[from] ?? ''], [names[to] ?? ''], {
          id,
          event_timestamp_ms: at,
          store,
        }) as ReturnType<Scene>,
  );

const story = fc
  .array(fc.oneof({ weight: 3, arbitrary: spoken }, { weight: 1, arbitrary: moved }), {
    minLength: 2,
    maxLength: 9,
  })
  .chain((scenes) =>
    fc.record({
      scenes: fc.constant(scenes),
      // Each at least once, some again, in any order.
      told: fc
        .array(fc.integer({ min: 0, max: scenes.length - 1 }), { maxLength: 4 })
        .chain((again) =>
          fc.shuffledSubarray([...scenes.keys(), ...again], { minLength: scenes.length + again.length }),
        ),
    }),
  );

describe('events in any order, repeated at will', () => {
  let app: TestApp;
  let store: RevenueCat;
  let database: Database;
  let subscriptions: SubscriptionService;

  beforeAll(async () => {
    app = await startTestApp({ env: { REVENUECAT_WEBHOOK_AUTHORIZATION: AUTHORIZATION } });
    store = new RevenueCat(app.url);
    database = app.app.get(Database);
    subscriptions = app.app.get(SubscriptionService);
  });
  afterAll(() => app.close());

  /** Accounts without the work of hashing passwords. */
  async function newCast(): Promise<Cast> {
    const ids = [randomUUID(), randomUUID()] as const;
    for (const id of ids)
      await database.of(id).query({
        text: `insert into users (id, email, display_name, password_hash, created_at, updated_at)
          values ($1, $2, 'x', 'x', 1, 1)`,
        values: [id, `${id}@example.org`],
      });
    return { names: [...ids, `$RCAnonymousID:${randomUUID()}`] };
  }

  /** What each account holds and is, without ids. */
  async function stateOf({ names }: Cast): Promise<unknown[]> {
    const states: unknown[] = [];
    for (const id of names.slice(0, 2)) {
      const held = await subscriptions.heldBy(id);
      states.push([await subscriptions.find(`${id}@example.org`), sorted(held)]);
    }
    return states;
  }

  it('end in the same state, which is what somebody would say who saw all of them', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ scenes, told }) => {
        const [ordered, shuffled] = [await newCast(), await newCast()];
        for (const scene of scenes) await store.tell(scene(ordered));
        for (const n of told) await store.tell(scenes[n]?.(shuffled) ?? {});
        const state = await stateOf(ordered);
        expect(await stateOf(shuffled)).toEqual(state);
        expect(state).toMatchObject(expectedOf(scenes, ordered));
      }),
      { numRuns: 40, seed: SEED },
    );
  }, 120_000);

  it('end in it too when all of them come at once', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ scenes, told }) => {
        const cast = await newCast();
        const outcomes = await Promise.all(
          told.map(async (n) => (await store.send(scenes[n]?.(cast) ?? {})).status),
        );
        expect(new Set(outcomes)).toEqual(new Set([200]));
        expect(await stateOf(cast)).toMatchObject(expectedOf(scenes, cast));
      }),
      { numRuns: 25, seed: SEED + 1, endOnFailure: true },
    );
  }, 120_000);

  it('have one effect when the same one comes ten times at once', async () => {
    const { names } = await newCast();
    const event = eventOf(names[0], 'INITIAL_PURCHASE');
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.tell(event)));
    expect(outcomes.toSorted()).toEqual([...Array<string>(9).fill('duplicate'), 'recorded']);
    expect(await subscriptions.ledgerOf(names[0])).toHaveLength(1);
  });
});

const sorted = (held: readonly object[]): object[] =>
  held.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** What somebody who saw everything at once would say each account holds; what it is, follows from it. */
function expectedOf(scenes: readonly Scene[], cast: Cast): unknown[] {
  const [a, b, c] = cast.names;
  const ids: Record<string, string> = { [a]: a, [b]: b, [c]: strangerId(c) };
  const all = scenes.map((scene): LedgerEvent => {
    const { line, names, from, to } = readStoreEvent({ event: scene(cast) }, 0);
    const isTransfer = line.type === 'TRANSFER';
    return {
      ...line,
      holderId: ids[names[0] ?? ''] ?? '',
      transferredFrom: isTransfer ? from.map((name) => ids[name] ?? '') : null,
      transferredTo: isTransfer ? to.map((name) => ids[name] ?? '') : null,
    };
  });
  return [a, b].map((id) => [expect.anything(), sorted(holdingsOf(id, all, { countsSandbox: true }))]);
}
