// The whole package but for what belongs to one platform: the adapters for IndexedDB and SQLite have entries of their own.
export { PortalApi, type PortalApiOptions } from './api/portal-api.js';
export { type ClientErrorCode, type FieldFault, PortalError } from './api/portal-error.js';
export type { SignedIn } from './api/sign-in.js';
export type {
  CallOptions,
  DownloadedMetrics,
  EventsQuery,
  MetricColumns,
  MetricsQuery,
  SyncApi,
  SyncPullAnswer,
  SyncPullRequest,
  SyncPushAnswer,
  SyncPushRequest,
  SyncStatusAnswer,
} from './api/sync-api.js';
export { MemoryTokens, StoreTokens, type Tokens, type TokenStore } from './api/tokens.js';
export {
  type Entry,
  type Json,
  type Range,
  type ReadTransaction,
  type Store,
  type Table,
  TABLES,
  type WriteTransaction,
} from './store/store.js';
export { AutoSync, type AutoSyncOptions, type AutoSyncTools, type Connectivity } from './sync/auto-sync.js';
export {
  type CollectionFacts,
  type CollectionField,
  type CollectionName,
  COLLECTIONS,
} from './sync/collections.js';
export { COLLECTION_NAMES } from './sync/complete.js';
export type { Digest } from './sync/digest.js';
export type { Edit, LocalRecords } from './sync/local-records.js';
export type { Conflict, LocalRecord, Refusal, WireRecord } from './sync/record.js';
export type { ChangedRecord } from './sync/record-book.js';
export type { MetricSample } from './sync/sample-columns.js';
export { SyncManager, type SyncManagerOptions, type SyncOutcome } from './sync/sync-manager.js';
export type { SyncProgress, SyncState, SyncStatus } from './sync/sync-status.js';
