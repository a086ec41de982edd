import type { SignedIn } from './sign-in.js';
import type { MetricColumns, SyncPullAnswer, SyncPushAnswer } from './sync-api.js';

/** Whether an answer can be the portal's own. What a client acts upon is looked at; the rest is taken on trust. */
export type Shape = (data: object) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown, isEntry: (entry: Record<string, unknown>) => boolean): boolean =>
  Array.isArray(value) && value.every((entry) => isObject(entry) && isEntry(entry));

/** What is stored must at least have a name and an edit time. */
const isRecord = (value: unknown): boolean =>
  isObject(value) && typeof value['clientId'] === 'string' && typeof value['updatedAt'] === 'number';

export const anyShape: Shape = () => true;

export const signedInShape: Shape = (data) => {
  const { token, refreshToken, expiresIn, user } = data as Partial<SignedIn>;
  const texts = [token, refreshToken, user?.id];
  return texts.every((text) => typeof text === 'string') && Number.isFinite(expiresIn);
};

export const pushShape: Shape = (data) => {
  const { syncTime, epoch, idMappings, rejected, superseded } = data as Partial<SyncPushAnswer>;
  return (
    Number.isInteger(syncTime) &&
    Number.isInteger(epoch) &&
    isObject(idMappings) &&
    Object.values(idMappings).every(isObject) &&
    isList(rejected, isObject) &&
    isList(superseded, ({ record }) => isRecord(record))
  );
};

export const pullShape: Shape = (data) => {
  const { syncTime, epoch, hasMore, resync } = data as Partial<SyncPullAnswer>;
  return (
    Number.isInteger(syncTime) &&
    Number.isInteger(epoch) &&
    typeof hasMore === 'boolean' &&
    typeof resync === 'boolean' &&
    Object.values(data).every((section) => !Array.isArray(section) || isList(section, isRecord))
  );
};

export const statusShape: Shape = (data) => typeof (data as { isPremium?: unknown }).isPremium === 'boolean';

export const uploadedShape: Shape = (data) => Number.isInteger((data as { total?: unknown }).total);

export const isColumns = (data: unknown): data is MetricColumns =>
  typeof data === 'object' && data !== null && Array.isArray((data as Partial<MetricColumns>).timestamp);
