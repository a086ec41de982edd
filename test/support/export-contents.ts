import { unpack } from '../../src/metrics/parquet.js';
import type { Exported } from './zip.js';

interface Line {
  serverId: string;
  record: Record<string, unknown> & { clientId: string; serverId?: string };
  [key: string]: unknown;
}

/**
 * What an export says, without what each server says in its own way: the ids it gave, its versions, and which device
 * brought the current state. Two accounts with the same data say the same.
 */
export function contentsOf(made: Exported): Record<string, unknown> {
  const contents: Record<string, unknown> = {};
  const lists = made.names().filter((name) => /^(records|history)\//.test(name));
  for (const name of lists) {
    const lines = made.json(name) as Line[];
    contents[name] = lines
      .map(({ serverId: _id, version: _version, deviceId, editedAt, storedAt, reason, record }) => {
        const { serverId: _own, ...content } = record;
        const put = name.startsWith('history/') ? { deviceId, storedAt, reason } : {};
        return JSON.stringify({ ...put, editedAt, content: sorted(content) });
      })
      .toSorted();
  }
  contents['rejected'] = (made.json('rejected.json') as object[])
    .map((entry) => JSON.stringify({ ...entry, id: null, receivedAt: null }))
    .toSorted();
  contents['samples'] = (made.json('samples.json') as { file: string; sessionId: string; deviceId: string }[])
    .map(({ file, sessionId, deviceId }) => {
      const { timestamp, values, status } = unpack(made.bytes(file));
      const columns = Object.entries(values).map(([key, column]) => [key, Array.from(column)]);
      return JSON.stringify({
        sessionId,
        deviceId,
        timestamp: Array.from(timestamp),
        columns,
        status: Array.from(status),
      });
    })
    .toSorted();
  return contents;
}

const sorted = (record: object) =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
