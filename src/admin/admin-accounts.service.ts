import { Injectable } from '@nestjs/common';
import { AccountsService } from '../auth/accounts.service.js';
import { SubscriptionService } from '../auth/subscription.service.js';
import { AppError } from '../common/app-error.js';
import { Database } from '../database/database.js';
import type { AdminAccountDto, BillingEventDto, ChangeSubscriptionDto } from './admin.dto.js';

const DEVICES = `
  select count(*)::int as devices, max(last_sync_at)::float8 as "lastSyncAt" from sync_devices where user_id = $1`;

/** Accounts as support sees them: nothing of what people have trained. */
@Injectable()
export class AdminAccounts {
  constructor(
    private readonly accounts: AccountsService,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionService,
  ) {}

  findId(email: string): Promise<string | null> {
    return this.subscriptions.findAccount(email);
  }

  /** @throws AppError account.unknown */
  async get(id: string): Promise<AdminAccountDto> {
    const account = await this.accounts.findById(id);
    if (account === null) throw new AppError('account.unknown');
    const [devices] = await this.database
      .of(id)
      .query<Pick<AdminAccountDto, 'devices' | 'lastSyncAt'>>({ text: DEVICES, values: [id] });
    const held = await this.subscriptions.heldBy(id);
    return {
      ...account,
      isPremium: this.subscriptions.isPremium(account),
      subscriptions: held.map((each) => ({ ...each, entitlements: [...each.entitlements] })),
      devices: devices?.devices ?? 0,
      lastSyncAt: devices?.lastSyncAt ?? null,
    };
  }

  /** @throws AppError account.unknown */
  async events(id: string): Promise<BillingEventDto[]> {
    await this.get(id);
    const ledger = await this.subscriptions.ledgerOf(id);
    return ledger.map(({ holderId, transferredFrom: _from, transferredTo: _to, ...event }) => ({
      ...event,
      entitlements: [...event.entitlements],
      isOwn: holderId === id,
    }));
  }

  /** @throws AppError account.unknown */
  async change(id: string, { premium, until, reason }: ChangeSubscriptionDto): Promise<AdminAccountDto> {
    const done = premium
      ? await this.subscriptions.grantTo(id, until ?? null, reason)
      : await this.subscriptions.revokeFrom(id, reason);
    if (done === null) throw new AppError('account.unknown');
    return this.get(id);
  }

  /** @throws AppError account.unknown */
  async settle(id: string): Promise<AdminAccountDto> {
    await this.subscriptions.settle(id);
    return this.get(id);
  }

  /** @throws AppError account.unknown */
  async adopt(id: string, name: string, reason: string): Promise<number> {
    const adopted = await this.subscriptions.adopt(id, name, reason);
    if (adopted === null) throw new AppError('account.unknown');
    return adopted;
  }
}
