/** Of the unpacked body; 200,000 samples take about 32 MiB as rows. */
export const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;
/** Bounds the memory of one read: unpacked, a sample takes 40 bytes. A session is one set, so this is far beyond any. */
export const MAX_SERIES_SAMPLES = 1_000_000;

/** A chunk is rewritten as a whole when a sample inside it changes; a set of a few thousand samples is one chunk. */
export const CHUNK_MAX_SAMPLES = 20_000;
/** Below this a chunk's footer (about 800 bytes) weighs more than a tenth of its data. */
export const CHUNK_MIN_SAMPLES = 500;
/** A chunk of this size takes in no more small pieces: a live upload would rewrite ever more for every few samples. */
export const CHUNK_ABSORB_SAMPLES = 4_000;

/** Work done between two turns of the event loop, in samples; about 2 ms of validation or 10 ms of packing. */
export const SAMPLES_PER_TURN = 10_000;

export const MIN_POINTS = 2;
export const MAX_POINTS = 5_000;
