import { randomUUID } from 'node:crypto';
import { newEmail, PASSWORD } from '../../../test/support/api.js';
import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { PortalApi } from '../../src/api/portal-api.js';
import { MemoryTokens } from '../../src/api/tokens.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { type CollectionName, COLLECTIONS } from '../../src/sync/collections.js';
import { factsOf } from '../../src/sync/complete.js';
import { SyncManager, type SyncManagerOptions } from '../../src/sync/sync-manager.js';
import { Network } from '../api/network.js';

export interface Phone {
  manager: SyncManager;
  api: PortalApi;
  network: Network;
  store: Store;
  deviceId: string;
}

type Overrides = Partial<Omit<SyncManagerOptions, 'api'>>;

/** A portal with one account, and phones of it that each have a network of their own. */
export class Portal {
  private constructor(readonly app: TestApp) {}

  /** @param env variables of the portal */
  static async open(env: Record<string, string> = {}): Promise<Portal> {
    return new Portal(await startTestApp({ env }));
  }

  close = () => this.app.close();

  async account({ isPremium = true } = {}): Promise<Account> {
    const email = newEmail();
    const api = new PortalApi({ baseUrl: this.app.url, tokens: new MemoryTokens() });
    const { user } = await api.signUp({ email, password: PASSWORD });
    const account = new Account(this, email, user.id);
    if (isPremium) await account.setPremium(true);
    return account;
  }

  async query(text: string, values: unknown[] = []): Promise<unknown[]> {
    return this.app.owner.query({ text, values });
  }
}

export class Account {
  constructor(
    private readonly portal: Portal,
    readonly email: string,
    readonly userId: string,
  ) {}

  async setPremium(isPremium: boolean): Promise<void> {
    const status = isPremium ? 'premium' : 'free';
    await this.portal.query('update users set subscription_status = $1 where id = $2', [status, this.userId]);
  }

  /** A phone that is signed in. A store that is given may hold the data of an earlier life. */
  async phone({ store = new MemoryStore(), device, ...options }: Overrides = {}): Promise<Phone> {
    const network = new Network();
    const baseUrl = this.portal.app.url;
    const api = new PortalApi({
      baseUrl,
      fetch: (url, init) => network.fetch(url, init),
      tokens: new MemoryTokens(),
      timeoutMs: 5_000,
    });
    await api.logIn({ email: this.email, password: PASSWORD });
    const deviceId = device?.deviceId ?? randomUUID();
    const description = { platform: 'test', ...device, deviceId };
    const manager = new SyncManager({ api, store, device: description, ...options });
    return { manager, api, network, store, deviceId: await manager.deviceId() };
  }
}

/** A value for every field that a new record needs. */
export function requiredFields(collection: CollectionName): Record<string, number> {
  const names = Object.entries(factsOf(collection).fields)
    .filter(
      ([name, { default: fallback }]) => fallback === undefined && !['createdAt', 'updatedAt'].includes(name),
    )
    .map(([name]) => name);
  return Object.fromEntries(names.map((name) => [name, 1]));
}

const TEXTS = new Set([
  'mode',
  'exerciseName',
  'name',
  'badgeId',
  'phase',
  'prType',
  'workoutMode',
  'exerciseId',
]);

/** A legal record of a collection. */
export const aRecord = (collection: keyof typeof COLLECTIONS, fields: object = {}) => ({
  ...Object.fromEntries(
    Object.entries(requiredFields(collection)).map(([name, value]) => [name, TEXTS.has(name) ? name : value]),
  ),
  ...fields,
});

/** Whether a phone's copies are the portal's, by the digests that both compute on their own. */
export async function expectSameAsPortal({ manager, api, deviceId }: Phone): Promise<void> {
  const { collections } = await api.digest({ deviceId });
  expect(await manager.digest()).toEqual(collections);
}
