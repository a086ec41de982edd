import { AppError } from '../common/app-error.js';

/** What every export says of itself in manifest.json; docs/export-format.md describes the rest. */
export const FORMAT = 'phoenix-portal-account-export';

/** Raised when an importer of the version before would misread a file; a new file or a new key does not raise it. */
export const FORMAT_VERSION = 1;

export const MANIFEST = 'manifest.json';
export const README = 'README.txt';
export const REJECTED = 'rejected.json';
export const SAMPLES = 'samples.json';
export const recordsFile = (collection: string) => `records/${collection}.json`;
export const historyFile = (collection: string) => `history/${collection}.json`;

/** One file of an export. */
export interface FileFacts {
  name: string;
  /** Elements of the list that the file is; 1 where it is none. */
  entries: number;
  bytes: number;
  sha256: string;
}

export interface Manifest {
  format: typeof FORMAT;
  formatVersion: number;
  /** Epoch ms. */
  exportedAt: number;
  accountId: string;
  /** The sync clock when the export began: all that was stored up to it is in the export. */
  syncTime: number;
  /** Every file but this one. */
  files: FileFacts[];
}

/** A line of samples.json: whose samples a Parquet file holds. */
export interface SamplesEntry {
  file: string;
  /** The session's client id as in records/sessions.json, or the name under which samples came whose session did not. */
  sessionId: string;
  /** Null: the session has not arrived. */
  serverId: string | null;
  /** Only where `sessionId` is a row number of this device. */
  deviceId: string | null;
  sampleCount: number;
  firstAt: number;
  lastAt: number;
}

/**
 * @throws AppError import.not_an_export, import.newer_format
 */
export function readManifest(text: string): Manifest {
  let found: Partial<Manifest> | null;
  try {
    found = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    throw new AppError('import.not_an_export');
  }
  if (found?.format !== FORMAT || !isCount(found.formatVersion)) throw new AppError('import.not_an_export');
  if (found.formatVersion > FORMAT_VERSION) throw new AppError('import.newer_format');
  if (!Array.isArray(found.files) || !found.files.every(isFile)) throw new AppError('import.not_an_export');
  return found as Manifest;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isFile(value: unknown): value is FileFacts {
  const { name, entries, bytes, sha256 } = (value ?? {}) as Partial<FileFacts>;
  return typeof name === 'string' && isCount(entries) && isCount(bytes) && typeof sha256 === 'string';
}
