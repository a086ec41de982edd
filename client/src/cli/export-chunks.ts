import { PortalError } from '../api/portal-error.js';
import { COLLECTION_NAMES } from '../sync/complete.js';
import type { SyncManager } from '../sync/sync-manager.js';
import type { Phone } from './phone.js';

/** Everything on a phone, as pieces of one JSON document; `source` is asked for the samples. */
export async function* exportChunks(
  { manager, name, account }: Phone,
  source: SyncManager,
  onProgress: (done: number, total: number) => void,
): AsyncGenerator<string> {
  const { records } = manager;
  const sessions = await records.all('sessions');
  const total = COLLECTION_NAMES.length + sessions.length;
  let done = 0;
  const head = { exportedAt: new Date().toISOString(), phone: name, deviceId: await manager.deviceId() };
  yield `${JSON.stringify({ ...head, account: account?.email ?? null }).slice(0, -1)},\n"collections":{`;
  for (const [index, collection] of COLLECTION_NAMES.entries()) {
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(collection)}:`;
    const rows = await records.all(collection);
    yield* list(rows.map(({ collection: _c, key: _k, ...row }) => JSON.stringify(row)));
    onProgress(++done, total);
  }
  yield '},\n"samples":{';
  let comma = '';
  for (const { record } of sessions) {
    const columns = await samplesOf(source, record.clientId);
    if (columns) {
      yield `${comma}\n${JSON.stringify(record.clientId)}:${JSON.stringify(columns)}`;
      comma = ',';
    }
    onProgress(++done, total);
  }
  yield '}}\n';
}

function* list(texts: readonly string[]): Generator<string> {
  yield '[';
  for (const [index, text] of texts.entries()) yield `${index === 0 ? '' : ','}\n${text}`;
  yield ']';
}

/** @returns undefined if there are none */
async function samplesOf(source: SyncManager, sessionId: string) {
  try {
    const { sessionId: _, ...columns } = await source.downloadMetrics(sessionId);
    return columns.timestamp.length === 0 ? undefined : columns;
  } catch (error) {
    // Neither here nor, if it was asked, at the portal.
    if (error instanceof PortalError && (error.code === 'record.unknown' || isAway(error))) return undefined;
    throw error;
  }
}

const isAway = ({ retryable, code }: PortalError) => retryable || code === 'client.signed_out';
