import { Injectable } from '@nestjs/common';
import { accountIdsAmong, isStranger, strangerId } from '../auth/subscription/holders.js';
import { TRANSFER } from '../auth/subscription/ledger.js';
import { SubscriptionService } from '../auth/subscription.service.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { StoreEvent } from './store-event.js';

/** What became of an event. None of them is an error: to be sent again would change nothing. */
export const OUTCOMES = [
  /** Written into the ledger of an account, whose subscription follows from it. */
  'recorded',
  /** The same event was here before. */
  'duplicate',
  /** A tester's purchase on a server for everybody: written down, and counts for nothing. */
  'sandbox',
  /** Of somebody who has not signed in: written down, until a transfer brings it to an account. */
  'no_account',
  /** Of an account that is not here (any more): nothing was written. */
  'account_unknown',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export interface Received {
  outcome: Outcome;
  /** The account it is about; null where there is none. */
  userId: string | null;
}

const EXISTING = 'select id from users where id = any($1::uuid[])';

/** Takes what RevenueCat says and finds out whom it is about. */
@Injectable()
export class BillingService {
  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionService,
  ) {}

  /** Looks again where the account it is about was deleted meanwhile: another of its names may be one, or none of them. */
  async receive(event: StoreEvent): Promise<Received> {
    for (;;) {
      const accounts = await this.existing([...event.names, ...event.from, ...event.to]);
      const received = await (event.line.type === TRANSFER
        ? this.transfer(event, accounts)
        : this.file(event, ownersOf(event.names, accounts)));
      if (received !== 'gone') return received;
    }
  }

  /** From whoever is known to have it, to the account that gets it; else to a stranger, who may pass it on later. */
  private transfer(event: StoreEvent, accounts: readonly string[]): Promise<Received | 'gone'> {
    const to = ownersOf(event.to, accounts);
    const from = [
      ...accountIdsAmong(event.from).filter((id) => accounts.includes(id)),
      ...strangersAmong(event.from),
    ].filter((id) => !to.includes(id));
    const line = { ...event.line, transferredFrom: from, transferredTo: to };
    return this.file({ ...event, line }, [...to, ...from]);
  }

  private async file({ line }: StoreEvent, owners: readonly string[]): Promise<Received | 'gone'> {
    const [first] = owners;
    if (first === undefined) return { outcome: 'account_unknown', userId: null };
    const userId = isStranger(first) ? null : first;
    const filed = await this.subscriptions.record(line, owners, userId ?? undefined);
    if (filed === 'gone') return filed;
    if (filed === 'known') return { outcome: 'duplicate', userId };
    if (line.environment === 'SANDBOX' && this.env.nodeEnv === 'production')
      return { outcome: 'sandbox', userId };
    return { outcome: userId === null ? 'no_account' : 'recorded', userId };
  }

  /** Which of these names are accounts here. */
  private async existing(names: readonly string[]): Promise<string[]> {
    const ids = accountIdsAmong(names);
    if (ids.length === 0) return [];
    const rows = await this.database.of(ids).query<{ id: string }>({ text: EXISTING, values: [ids] });
    return rows.map(({ id }) => id);
  }
}

/**
 * One account, the first of these names that is one; without any, a stranger under each of its names. A name that has the
 * form of an account's id and is none belonged to one that was deleted: nothing is kept of it.
 */
function ownersOf(names: readonly string[], accounts: readonly string[]): string[] {
  const named = accountIdsAmong(names);
  const owner = named.find((id) => accounts.includes(id));
  if (owner !== undefined) return [owner];
  return named.length > 0 ? [] : strangersAmong(names.length > 0 ? names : ['']);
}

const strangersAmong = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name) => accountIdsAmong([name]).length === 0).map(strangerId)),
];
