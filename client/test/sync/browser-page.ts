// Runs in the browser: a portal page, as browser.e2e-spec.ts drives it.
import { PortalApi } from '../../src/api/portal-api.js';
import { StoreTokens } from '../../src/api/tokens.js';
import { openIndexedDbStore } from '../../src/store/indexeddb-store.js';
import { AutoSync } from '../../src/sync/auto-sync.js';
import { SyncManager } from '../../src/sync/sync-manager.js';

async function open(baseUrl: string, credentials?: { email: string; password: string }) {
  const store = await openIndexedDbStore('training');
  const api = new PortalApi({ baseUrl, tokens: new StoreTokens(store) });
  if (credentials) await api.logIn(credentials);
  const manager = new SyncManager({
    api,
    store,
    device: { platform: 'web' },
    pageRecords: 7,
    batchRecords: 5,
  });
  return { api, manager, auto: new AutoSync(manager) };
}

const opened = (baseUrl: string, credentials?: { email: string; password: string }) =>
  open(baseUrl, credentials).then((tab) => {
    Object.assign(globalThis, { tab });
  });

Object.assign(globalThis, { page: { opened } });
