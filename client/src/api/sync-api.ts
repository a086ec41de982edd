import type { components } from './openapi.js';

type Schemas = components['schemas'];

export type SyncPushRequest = Schemas['SyncPushRequest'];
export type SyncPushAnswer = Schemas['SyncPushAnswer'];
export type SyncPullRequest = Schemas['SyncPullRequest'];
export type SyncPullAnswer = Schemas['SyncPullAnswer'];
export type SyncStatusAnswer = Schemas['SyncStatusAnswer'];
export type MetricColumnsUpload = Schemas['MetricColumnsUploadDto'];
export type MetricRowsUpload = Schemas['MetricRowsUploadDto'];
export type MetricsUploaded = Schemas['MetricsUploadedDto'];
export type MetricColumns = Schemas['MetricColumnsDto'];

export interface CallOptions {
  /** Whose request it is: it is not sent if another account is signed in by then. Default: whoever is signed in. */
  accountId?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface StatusQuery {
  deviceId: string;
  lastSync?: number;
  /** As in a pull. */
  receipt?: number;
}

export interface EventsQuery {
  /** Whose own changes are no news to it. */
  deviceId?: string;
  /** The cursor of the device: what came after it is told at once. */
  lastSync?: number;
}

export interface MetricsQuery {
  /** Whose row number the session id is. */
  deviceId?: string;
  /** Only samples from this time on, epoch ms. */
  from?: number;
  /** Only samples before this time, epoch ms. */
  to?: number;
  /** At most so many samples, for a plot. */
  points?: number;
  /** Of an earlier answer to the same question: the columns are only sent if they have changed since. */
  etag?: string;
}

export interface DownloadedMetrics {
  /** Changes whenever the series does. */
  etag: string | null;
  /** null: as they were under the etag that was asked with. */
  columns: MetricColumns | null;
}

/** What a sync needs of a portal. PortalApi is one over HTTP; tests may bring their own. */
export interface SyncApi {
  /** Id of the account that is signed in; null if none is. Where it is given, data of two accounts cannot mix. */
  accountId?(): Promise<string | null>;
  push(body: SyncPushRequest, options?: CallOptions): Promise<SyncPushAnswer>;
  pull(body: SyncPullRequest, options?: CallOptions): Promise<SyncPullAnswer>;
  syncStatus(query: StatusQuery, options?: CallOptions): Promise<SyncStatusAnswer>;
  uploadMetrics(
    sessionId: string,
    body: MetricColumnsUpload | MetricRowsUpload,
    options?: CallOptions,
  ): Promise<MetricsUploaded>;
  downloadMetrics(sessionId: string, query?: MetricsQuery, options?: CallOptions): Promise<DownloadedMetrics>;
}
