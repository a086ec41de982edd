import type { Json, ReadTransaction, WriteTransaction } from '../store/store.js';
import { idKey, padded } from './keys.js';
import type { Refusal } from './record.js';
import type { SampleColumns } from './sample-columns.js';

/** Samples of a session that wait to be uploaded. */
export interface WaitingSamples {
  sessionId: string;
  /** Number of the first piece that the portal does not have. */
  from: number;
}

/** Samples that the portal would not take: they stay here, and those recorded after them go on. */
export interface RefusedSamples {
  sessionId: string;
  /** Numbers what was recorded at one go. */
  piece: number;
  refusal: Refusal;
}

/** The portal's series as it was last downloaded. */
export interface KeptSeries {
  etag: string | null;
  columns: Json;
}

const piecesOf = (sessionId: string) => `${idKey(sessionId)}/piece/`;
const keptKey = (sessionId: string) => `${idKey(sessionId)}/portal`;
const RECORDED = 'recorded/';
/** In the table of what was refused, beside the records; no collection is called so. */
const REFUSED = 'samples/';

export async function waitingSamples(tx: ReadTransaction): Promise<WaitingSamples[]> {
  return (await tx.list('samples')).map(({ value }) => value as unknown as WaitingSamples);
}

export async function waitingOf(tx: ReadTransaction, sessionId: string): Promise<WaitingSamples | undefined> {
  return (await tx.get('samples', idKey(sessionId))) as unknown as WaitingSamples | undefined;
}

export const putWaiting = (tx: WriteTransaction, waiting: WaitingSamples) =>
  tx.put('samples', idKey(waiting.sessionId), waiting as unknown as Json);

/** Recorded here, for good: the portal may ask for it again after a restore. */
export async function putPiece(
  tx: WriteTransaction,
  sessionId: string,
  number: number,
  columns: SampleColumns,
): Promise<void> {
  await tx.put('series', piecesOf(sessionId) + padded(number), columns);
  await tx.put('meta', RECORDED + idKey(sessionId), sessionId);
}

export async function piecesFrom(tx: ReadTransaction, sessionId: string, from: number, limit?: number) {
  const prefix = piecesOf(sessionId);
  const after = prefix + padded(from - 1);
  const entries = await tx.list('series', { prefix, after, ...(limit === undefined ? {} : { limit }) });
  return entries.map(({ key, value }) => ({
    number: Number(key.slice(prefix.length)),
    columns: value as unknown as SampleColumns,
  }));
}

/** The portal has everything up to this piece; its series is not what was kept of it any more. */
export async function noteUploaded(tx: WriteTransaction, sessionId: string, last: number): Promise<void> {
  await tx.delete('series', keptKey(sessionId));
  const waiting = await waitingOf(tx, sessionId);
  if (waiting === undefined) return;
  const rest = await piecesFrom(tx, sessionId, last + 1, 1);
  if (rest.length === 0) await tx.delete('samples', idKey(sessionId));
  else await putWaiting(tx, { ...waiting, from: last + 1 });
}

const refusedPrefix = (sessionId: string) => `${REFUSED}${idKey(sessionId)}/`;

export const putRefused = (tx: WriteTransaction, { sessionId, piece, refusal }: RefusedSamples) =>
  tx.put('refused', refusedPrefix(sessionId) + padded(piece), {
    sessionId,
    piece,
    refusal: { ...refusal },
  });

export async function refusedSamples(tx: ReadTransaction): Promise<RefusedSamples[]> {
  const entries = await tx.list('refused', { prefix: REFUSED });
  return entries.map(({ value }) => value as unknown as RefusedSamples);
}

export const hasRefused = async (tx: ReadTransaction, sessionId: string): Promise<boolean> =>
  (await tx.count('refused', refusedPrefix(sessionId))) > 0;

export async function forgetRefused(tx: WriteTransaction, sessionId: string): Promise<void> {
  const prefix = refusedPrefix(sessionId);
  for (const { key } of await tx.list('refused', { prefix })) await tx.delete('refused', key);
}

/** All that was ever recorded here is to be uploaded again. */
export async function queueAllSamples(tx: WriteTransaction): Promise<void> {
  for (const { value } of await tx.list('meta', { prefix: RECORDED }))
    if (typeof value === 'string') await putWaiting(tx, { sessionId: value, from: 0 });
}

export async function keptSeries(tx: ReadTransaction, sessionId: string): Promise<KeptSeries | undefined> {
  return (await tx.get('series', keptKey(sessionId))) as unknown as KeptSeries | undefined;
}

export const keepSeries = (tx: WriteTransaction, sessionId: string, series: KeptSeries) =>
  tx.put('series', keptKey(sessionId), { ...series });
