import type { Chunk, NewChunk } from './blob-store.js';
import { nextTurn } from './event-loop.js';
import { CHUNK_ABSORB_SAMPLES, CHUNK_MAX_SAMPLES, CHUNK_MIN_SAMPLES } from './limits.js';
import { pack } from './parquet.js';
import { concat, lowerBound, merge, type SampleColumns, slice } from './sample-columns.js';

/** Unpacks chunks that `list` named, in the order in which they were stored. */
export type OpenChunks = (chunks: readonly Chunk[]) => Promise<SampleColumns[]>;

/** What has to change so that a stored series also holds what was sent. */
export interface WritePlan {
  removed: Chunk[];
  pieces: SampleColumns[];
  /** Samples of the series afterwards. */
  total: number;
}

/** A stretch of the series: either chunks as they are stored (one of them), or what will stand in their place. */
interface Piece {
  chunks: Chunk[];
  /** Null: as stored. */
  samples: SampleColumns | null;
  count: number;
}

/**
 * Merges samples into a series of chunks: opens only chunks that samples fall into, and leaves alone those in which
 * nothing changes. Never keeps less than the union of both.
 */
export async function planWrite(
  sent: SampleColumns,
  stored: readonly Chunk[],
  open: OpenChunks,
): Promise<WritePlan> {
  const pieces: Piece[] = [];
  let next = 0;
  const take = (end: number) => {
    const taken = slice(sent, next, end);
    next = end;
    return taken;
  };
  for (const chunks of overlapping(stored)) {
    pushNew(pieces, take(lowerBound(sent, chunks[0].firstAt)));
    // Adding 1 is exact: timestamps are safe integers.
    const inside = take(lowerBound(sent, lastOf(chunks) + 1));
    pieces.push(
      inside.count > 0 || chunks.length > 1 ? await mergeInto(chunks, inside, open) : asStored(chunks),
    );
  }
  pushNew(pieces, take(sent.count));
  const combined = await combineSmall(pieces, open);
  return {
    removed: combined.flatMap(({ chunks, samples }) => (samples ? chunks : [])),
    pieces: combined.flatMap(({ samples }) => (samples ? split(samples) : [])),
    total: combined.reduce((sum, { count }) => sum + count, 0),
  };
}

/**
 * Chunks in the order of their first sample → groups that do not overlap each other. Normally each is one chunk: only
 * samples that came under two names of a session before the session itself did lie across each other.
 */
export function overlapping<C extends Chunk>(chunks: readonly C[]): C[][] {
  const groups: C[][] = [];
  let end = -Infinity;
  for (const chunk of chunks) {
    if (chunk.firstAt > end) groups.push([chunk]);
    else groups[groups.length - 1].push(chunk);
    end = Math.max(end, chunk.lastAt);
  }
  return groups;
}

/** Packs the pieces of a plan, one turn of the event loop for each. */
export async function packPieces(pieces: readonly SampleColumns[]): Promise<NewChunk[]> {
  const packed: NewChunk[] = [];
  for (const samples of pieces) {
    if (packed.length > 0) await nextTurn();
    const { timestamp, count } = samples;
    packed.push({
      firstAt: timestamp[0],
      lastAt: timestamp[count - 1],
      sampleCount: count,
      bytes: await pack(samples),
    });
  }
  return packed;
}

const lastOf = (chunks: readonly Chunk[]) => Math.max(...chunks.map(({ lastAt }) => lastAt));

const asStored = (chunks: Chunk[]): Piece => ({ chunks, samples: null, count: chunks[0].sampleCount });

function pushNew(pieces: Piece[], samples: SampleColumns): void {
  if (samples.count > 0) pieces.push({ chunks: [], samples, count: samples.count });
}

async function mergeInto(chunks: Chunk[], sent: SampleColumns, open: OpenChunks): Promise<Piece> {
  const older = (await open(chunks)).reduce((all, chunk) => merge(all, chunk).merged);
  const { merged, changed } = merge(older, sent);
  if (!changed && chunks.length === 1) return asStored(chunks);
  return { chunks, samples: merged, count: merged.count };
}

/** Small pieces join their neighbour before or after, unless that has taken in enough already. */
async function combineSmall(pieces: readonly Piece[], open: OpenChunks): Promise<Piece[]> {
  const combined: Piece[] = [];
  for (const piece of pieces) {
    const before = combined.at(-1);
    if (!before || !shouldJoin(before, piece)) {
      combined.push(piece);
      continue;
    }
    const samples = concat([await samplesOf(before, open), await samplesOf(piece, open)]);
    combined[combined.length - 1] = {
      chunks: [...before.chunks, ...piece.chunks],
      samples,
      count: samples.count,
    };
  }
  return combined;
}

/** Two stored chunks are left as they are: an upload elsewhere in the series does not rewrite them. */
const shouldJoin = (before: Piece, piece: Piece) =>
  (before.samples !== null || piece.samples !== null) &&
  Math.min(before.count, piece.count) < CHUNK_MIN_SAMPLES &&
  Math.max(before.count, piece.count) < CHUNK_ABSORB_SAMPLES;

const samplesOf = async ({ chunks, samples }: Piece, open: OpenChunks) => samples ?? (await open(chunks))[0];

/** Parts of equal size, none larger than a chunk may be. */
function split(samples: SampleColumns): SampleColumns[] {
  const parts = Math.ceil(samples.count / CHUNK_MAX_SAMPLES);
  const edge = (part: number) => Math.round((part * samples.count) / parts);
  return Array.from({ length: parts }, (_, part) => slice(samples, edge(part), edge(part + 1)));
}
