import { homedir } from 'node:os';
import path from 'node:path';
import { PortalApi } from '../api/portal-api.js';
import { StoreTokens } from '../api/tokens.js';
import { openSqliteStore } from '../store/sqlite-node.js';
import type { Store } from '../store/store.js';
import { SyncManager } from '../sync/sync-manager.js';
import { CommandFailed, UsageError } from './failures.js';

export const DEFAULT_PORTAL = 'http://127.0.0.1:3000';

/** Whose phone this is. */
export type Account = {
  email: string;
  userId: string;
  /** Where the portal is. */
  portal: string;
};

const ACCOUNT_KEY = 'cli/account';

/** One phone: a file, a device of the account, and the way to its portal. */
export interface Phone {
  name: string;
  file: string;
  store: Store;
  tokens: StoreTokens;
  /** null: nobody has signed in yet. */
  account: Account | null;
  api: PortalApi;
  manager: SyncManager;
  close(): Promise<void>;
}

/** Answers every request as a phone without a network would. */
const noNetwork = () => Promise.reject(new TypeError('--offline'));

/** Which phone, by the command line and the environment. */
export interface PhoneChoice {
  name: string;
  folder: string | undefined;
  isOffline: boolean;
}

export async function openPhone({ name, folder, isOffline }: PhoneChoice): Promise<Phone> {
  if (!/^[\w.-]+$/.test(name) || name.startsWith('.'))
    throw new UsageError(`“${name}” cannot be the name of a phone: letters, digits, “-”, “_” and “.” can.`);
  const file = path.join(folder ?? path.join(homedir(), '.phoenix-sync'), `${name}.db`);
  const store = await openSqliteStore(file);
  const tokens = new StoreTokens(store);
  const account = ((await store.read((tx) => tx.get('meta', ACCOUNT_KEY))) ?? null) as Account | null;
  const api = new PortalApi({
    baseUrl: account?.portal ?? DEFAULT_PORTAL,
    tokens,
    ...(isOffline ? { fetch: noNetwork } : {}),
  });
  const manager = new SyncManager({ api, store, device: { deviceName: name, platform: 'cli' } });
  return { name, file, store, tokens, account, api, manager, close: () => store.close() };
}

export const rememberAccount = ({ store }: Phone, account: Account) =>
  store.write((tx) => tx.put('meta', ACCOUNT_KEY, account));

/** @throws CommandFailed, telling what to do */
export async function mustBeSignedIn({ tokens, name }: Phone): Promise<void> {
  if ((await tokens.read()) === null)
    throw new CommandFailed(
      `Nobody is signed in on the phone “${name}” (client.signed_out): phoenix-sync login EMAIL`,
    );
}

/** The same phone where there is no network. */
export function withoutNetwork({ account, tokens, store }: Phone): SyncManager {
  const baseUrl = account?.portal ?? DEFAULT_PORTAL;
  return new SyncManager({ api: new PortalApi({ baseUrl, tokens, fetch: noNetwork }), store });
}
