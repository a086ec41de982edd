import { AccountApi } from './account-api.js';
import type { CallerOptions } from './caller.js';
import { jsonWithSigns } from './json-text.js';
import type { components, paths } from './openapi.js';
import { PortalError } from './portal-error.js';
import { isColumns, pullShape, pushShape, statusShape, uploadedShape } from './shapes.js';
import type {
  CallOptions,
  DownloadedMetrics,
  EventsQuery,
  MetricColumnsUpload,
  MetricRowsUpload,
  MetricsQuery,
  MetricsUploaded,
  StatusQuery,
  SyncApi,
  SyncPullAnswer,
  SyncPullRequest,
  SyncPushAnswer,
  SyncPushRequest,
  SyncStatusAnswer,
} from './sync-api.js';

export type PortalApiOptions = CallerOptions;

type Schemas = components['schemas'];

/** The query of a GET. */
export type Query<Path extends keyof paths> = paths[Path] extends {
  get: { parameters: { query?: infer Parameters } };
}
  ? NonNullable<Parameters>
  : never;

const PARQUET_TYPE = 'application/vnd.apache.parquet';

/**
 * Every endpoint of the portal, typed by its OpenAPI document. Each call takes a signal and a timeout, renews the access
 * token when needed, and rejects with a PortalError, whatever went wrong.
 */
export class PortalApi extends AccountApi implements SyncApi {
  push(body: SyncPushRequest, o?: CallOptions): Promise<SyncPushAnswer> {
    const rules = { shape: pushShape };
    return this.caller.call(o, (via, api) => api.POST('/api/sync/push', { ...via, body }), rules);
  }

  pull(body: SyncPullRequest, o?: CallOptions): Promise<SyncPullAnswer> {
    const rules = { shape: pullShape };
    return this.caller.call(o, (via, api) => api.POST('/api/sync/pull', { ...via, body }), rules);
  }

  syncStatus(query: StatusQuery, o?: CallOptions): Promise<SyncStatusAnswer> {
    const init = { params: { query } };
    const rules = { shape: statusShape };
    return this.caller.call(o, (via, api) => api.GET('/api/sync/status', { ...via, ...init }), rules);
  }

  /** An answer that goes on as things happen; `portalEvents` reads it. No timeout applies. @throws PortalError */
  openEvents(
    { deviceId, lastSync }: EventsQuery,
    { signal, accountId }: CallOptions = {},
  ): Promise<Response> {
    const rules = { accept: 'text/event-stream', signal, accountId };
    return this.caller.open('/api/sync/events', { deviceId, lastSync }, rules);
  }

  /** Everything the account owns as one ZIP, to be written away as it comes. No timeout applies. @throws PortalError */
  openExport({ signal, accountId }: CallOptions = {}): Promise<Response> {
    return this.caller.open('/api/account/export', {}, { accept: 'application/zip', signal, accountId });
  }

  digest(query: Query<'/api/sync/digest'> = {}, o?: CallOptions): Promise<Schemas['DigestAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/sync/digest', { ...via, params: { query } }));
  }

  limits(o?: CallOptions): Promise<Schemas['LimitsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/sync/limits', via));
  }

  history(collection: string, id: string, o?: CallOptions): Promise<Schemas['HistoryAnswer']> {
    const params = { path: { collection, id } };
    return this.caller.call(o, (via, api) =>
      api.GET('/api/sync/history/{collection}/{id}', { ...via, params }),
    );
  }

  restoreVersion(
    { collection, id, version }: { collection: string; id: string; version: number },
    o?: CallOptions,
  ): Promise<Schemas['RestoreAnswer']> {
    const params = { path: { collection, id, version } };
    return this.caller.call(o, (via, api) =>
      api.POST('/api/sync/history/{collection}/{id}/{version}/restore', { ...via, params }),
    );
  }

  rejected(query: Query<'/api/sync/rejected'> = {}, o?: CallOptions): Promise<Schemas['RejectedAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/sync/rejected', { ...via, params: { query } }));
  }

  devices(o?: CallOptions): Promise<Schemas['DevicesAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/sync/devices', via));
  }

  renameDevice(deviceId: string, deviceName: string, o?: CallOptions): Promise<Schemas['DeviceDto']> {
    return this.changeDevice(deviceId, { deviceName }, o);
  }

  /** Lets a revoked device sync again. */
  allowDevice(deviceId: string, o?: CallOptions): Promise<Schemas['DeviceDto']> {
    return this.changeDevice(deviceId, { revoked: false }, o);
  }

  revokeDevice(deviceId: string, o?: CallOptions): Promise<Schemas['DeviceDto']> {
    const params = { path: { deviceId } };
    return this.caller.call(o, (via, api) => api.DELETE('/api/sync/devices/{deviceId}', { ...via, params }));
  }

  sessions(query: Query<'/api/sessions'> = {}, o?: CallOptions): Promise<Schemas['SessionsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/sessions', { ...via, params: { query } }));
  }

  session(
    id: string,
    query: Query<'/api/sessions/{id}'> = {},
    o?: CallOptions,
  ): Promise<Schemas['SessionAnswer']> {
    const params = { path: { id }, query };
    return this.caller.call(o, (via, api) => api.GET('/api/sessions/{id}', { ...via, params }));
  }

  workouts(query: Query<'/api/workouts'> = {}, o?: CallOptions): Promise<Schemas['WorkoutsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/workouts', { ...via, params: { query } }));
  }

  bestRecords(query: Query<'/api/records'> = {}, o?: CallOptions): Promise<Schemas['PersonalRecordsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/records', { ...via, params: { query } }));
  }

  recordHistory(
    query: Query<'/api/records/history'> = {},
    o?: CallOptions,
  ): Promise<Schemas['PersonalRecordsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/records/history', { ...via, params: { query } }));
  }

  totals(query: Query<'/api/totals'> = {}, o?: CallOptions): Promise<Schemas['TotalsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/totals', { ...via, params: { query } }));
  }

  totalsByExercise(
    query: Query<'/api/totals/exercises'> = {},
    o?: CallOptions,
  ): Promise<Schemas['ExerciseTotalsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/totals/exercises', { ...via, params: { query } }));
  }

  routines(query: Query<'/api/routines'> = {}, o?: CallOptions): Promise<Schemas['RoutinesAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/routines', { ...via, params: { query } }));
  }

  routine(
    id: string,
    query: Query<'/api/routines/{id}'> = {},
    o?: CallOptions,
  ): Promise<Schemas['RoutineTreeDto']> {
    const params = { path: { id }, query };
    return this.caller.call(o, (via, api) => api.GET('/api/routines/{id}', { ...via, params }));
  }

  customExercises(
    query: Query<'/api/exercises'> = {},
    o?: CallOptions,
  ): Promise<Schemas['CustomExercisesAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/exercises', { ...via, params: { query } }));
  }

  badges(query: Query<'/api/badges'> = {}, o?: CallOptions): Promise<Schemas['BadgesAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/badges', { ...via, params: { query } }));
  }

  stats(o?: CallOptions): Promise<Schemas['StatsAnswer']> {
    return this.caller.call(o, (via, api) => api.GET('/api/stats', via));
  }

  uploadMetrics(
    sessionId: string,
    body: MetricColumnsUpload | MetricRowsUpload,
    o?: CallOptions,
  ): Promise<MetricsUploaded> {
    const init = { params: { path: { id: sessionId } }, body, bodySerializer: jsonWithSigns };
    const rules = { shape: uploadedShape };
    return this.caller.call(
      o,
      (via, api) => api.POST('/api/sessions/{id}/metrics', { ...via, ...init }),
      rules,
    );
  }

  /** With the `etag` of an earlier download of the same, columns come only if they have changed since. */
  async downloadMetrics(
    sessionId: string,
    { etag: held, ...query }: MetricsQuery = {},
    o?: CallOptions,
  ): Promise<DownloadedMetrics> {
    const header = held === undefined ? {} : { 'If-None-Match': held };
    const params = { path: { id: sessionId }, query: { ...query, format: 'columns' as const }, header };
    const { data, response } = await this.caller.fetch(o, (via, api) =>
      api.GET('/api/sessions/{id}/metrics', { ...via, params }),
    );
    const etag = response.headers.get('etag');
    if (held !== undefined && response.status === 304) return { etag: etag ?? held, columns: null };
    if (!isColumns(data)) throw new PortalError('client.bad_answer', { status: response.status });
    return { etag, columns: data };
  }

  async downloadMetricsParquet(
    sessionId: string,
    query: Omit<MetricsQuery, 'etag'> = {},
    o?: CallOptions,
  ): Promise<Uint8Array> {
    const init = { params: { path: { id: sessionId }, query }, headers: { accept: PARQUET_TYPE } };
    const { data } = await this.caller.fetch(o, (via, api) =>
      api.GET('/api/sessions/{id}/metrics', { ...via, ...init, parseAs: 'arrayBuffer' }),
    );
    return new Uint8Array(data as ArrayBuffer);
  }

  live(o?: CallOptions): Promise<Schemas['HealthDto']> {
    return this.caller.call(o, (via, api) => api.GET('/health/live', via), { open: true });
  }

  ready(o?: CallOptions): Promise<Schemas['HealthDto']> {
    return this.caller.call(o, (via, api) => api.GET('/health/ready', via), { open: true });
  }

  private changeDevice(
    deviceId: string,
    body: Schemas['DevicePatch'],
    o?: CallOptions,
  ): Promise<Schemas['DeviceDto']> {
    const init = { params: { path: { deviceId } }, body };
    return this.caller.call(o, (via, api) => api.PATCH('/api/sync/devices/{deviceId}', { ...via, ...init }));
  }
}
