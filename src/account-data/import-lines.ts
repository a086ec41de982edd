import { isCleanText } from '../common/compile-validator.js';
import { ID_MAX_LENGTH } from '../common/fields.js';
import type { ImportedState } from '../sync/imported-states.js';
import { IMPORT_DEVICE } from '../sync/imported-states.js';
import type { Rejected } from '../sync/quarantine.service.js';
import type { SamplesEntry } from './format.js';

/** Lines of an export as somebody may have made them: whatever is not as it should be is replaced by what does no harm. */
type Line = Record<string, unknown>;

const lineOf = (value: unknown): Line => (value !== null && typeof value === 'object' ? (value as Line) : {});

/** The record, and with it the server id it had where it comes from: here it says something only in the same account. */
export const recordOf = (value: unknown): unknown => lineOf(value).record ?? null;

export function stateOf(value: unknown): ImportedState {
  const { record, deviceId, reason, editedAt, storedAt } = lineOf(value);
  return {
    record: record ?? null,
    deviceId: deviceOf(deviceId),
    reason: reason === 'replaced' ? 'replaced' : 'lost',
    editedAt: timeOf(editedAt),
    storedAt: timeOf(storedAt),
  };
}

const CODE = /^[a-z]+\.[a-z_]{1,40}$/;

/** Null where it is of a collection that this server does not have. */
export function rejectedOf(
  value: unknown,
  collections: ReadonlySet<string>,
): (Rejected & { deviceId: string }) | null {
  const { collection, code, field, message, record, deviceId } = lineOf(value);
  if (typeof collection !== 'string' || !collections.has(collection) || record === undefined) return null;
  return {
    collection,
    raw: record,
    code: (typeof code === 'string' && CODE.test(code) ? code : 'record.wrong_type') as Rejected['code'],
    field: typeof field === 'string' ? field : null,
    message: typeof message === 'string' ? message : '',
    deviceId: deviceOf(deviceId),
  };
}

/** Null where it names no session or no file. */
export function samplesOf(
  value: unknown,
): (Pick<SamplesEntry, 'file' | 'sessionId'> & { deviceId: string }) | null {
  const { file, sessionId, deviceId } = lineOf(value);
  if (typeof file !== 'string' || !isId(sessionId)) return null;
  return { file, sessionId, deviceId: deviceOf(deviceId) };
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  Array.from(value).length <= ID_MAX_LENGTH &&
  isCleanText(value);

const deviceOf = (value: unknown): string => (isId(value) ? value : IMPORT_DEVICE);

const timeOf = (value: unknown): number | null => (Number.isSafeInteger(value) ? (value as number) : null);
