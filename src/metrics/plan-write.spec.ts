import * as fc from 'fast-check';
import type { Chunk, StoredChunk } from './blob-store.js';
import { CHUNK_ABSORB_SAMPLES, CHUNK_MAX_SAMPLES, CHUNK_MIN_SAMPLES } from './limits.js';
import { unpack } from './parquet.js';
import { overlapping, packPieces, planWrite } from './plan-write.js';
import { allocate, type SampleColumns, sortedByTime } from './sample-columns.js';

/** Samples at these times; `value` tells which upload they are from. */
function samplesAt(times: readonly number[], value: number): SampleColumns {
  const samples = allocate(times.length);
  samples.timestamp.set(times);
  samples.values.load.fill(value);
  return sortedByTime(samples);
}

const range = (start: number, count: number, step = 1) =>
  Array.from({ length: count }, (_, i) => start + i * step);

const byTime = (samples: Map<number, number>) => [...samples].toSorted(([a], [b]) => a - b);

/** A series in memory, written to as the service writes to the blob store. */
class MemorySeries {
  chunks: StoredChunk[] = [];
  opened = 0;
  private made = 0;

  async upload(samples: SampleColumns): Promise<number> {
    const { removed, pieces, total } = await planWrite(samples, this.chunks, (chunks) => this.open(chunks));
    const added = (await packPieces(pieces)).map((chunk) => this.named(chunk));
    this.chunks = [...this.chunks.filter((chunk) => !removed.includes(chunk)), ...added];
    this.chunks.sort((a, b) => a.firstAt - b.firstAt);
    return total;
  }

  /** As an upload under another name of the session: it knows nothing of the chunks that are there. */
  async uploadApart(samples: SampleColumns): Promise<void> {
    const apart = new MemorySeries();
    apart.made = this.made + 1_000;
    await apart.upload(samples);
    this.made = apart.made;
    this.chunks = [...this.chunks, ...apart.chunks].toSorted((a, b) => a.firstAt - b.firstAt);
  }

  async content(): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    for (const { bytes } of this.chunks) {
      const { timestamp, values } = unpack(bytes);
      timestamp.forEach((time, i) => found.set(time, values.load[i]));
    }
    return found;
  }

  private open(chunks: readonly Chunk[]): Promise<SampleColumns[]> {
    this.opened += chunks.length;
    const stored = this.chunks
      .filter((chunk) => chunks.includes(chunk))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return Promise.resolve(stored.map(({ bytes }) => unpack(bytes)));
  }

  private named = (chunk: Omit<StoredChunk, 'id' | 'sessionKey'>): StoredChunk => ({
    ...chunk,
    id: String(this.made++).padStart(8, '0'),
    sessionKey: 'g:set',
  });
}

describe('writing samples into chunks', () => {
  it('keeps the union of all uploads, and of each time the sample sent last', async () => {
    const part = fc.record({
      times: fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 }),
      stretch: fc.option(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 900 }))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
        const series = new MemorySeries();
        const expected = new Map<number, number>();
        for (const [value, { times, stretch }] of parts.entries()) {
          const sent = [...times, ...(stretch ? range(...stretch) : [])];
          for (const time of sent) expected.set(time, value);
          expect(await series.upload(samplesAt(sent, value))).toBe(expected.size);
        }
        expect(byTime(await series.content())).toEqual(byTime(expected));
        expect(overlapping(series.chunks)).toHaveLength(series.chunks.length);
      }),
      { numRuns: 20 },
    );
  });

  it('puts series together that were stored apart, the later over the earlier', async () => {
    const series = new MemorySeries();
    await series.upload(samplesAt(range(0, 1_000), 1));
    await series.uploadApart(samplesAt(range(500, 1_000), 2));
    expect(await series.upload(samplesAt([9_000], 3))).toBe(1_501);
    const content = await series.content();
    expect([content.get(499), content.get(500), content.get(1_499), content.get(9_000)]).toEqual([
      1, 2, 2, 3,
    ]);
    expect(overlapping(series.chunks)).toHaveLength(series.chunks.length);
  });

  it('leaves chunks alone that nothing falls into', async () => {
    const series = new MemorySeries();
    await series.upload(samplesAt(range(0, CHUNK_MAX_SAMPLES * 3), 1));
    const before = series.chunks;
    series.opened = 0;
    await series.upload(samplesAt([-5, 30_000, CHUNK_MAX_SAMPLES * 3 + 5], 2));
    expect(series.opened).toBe(1);
    expect(series.chunks).toEqual(expect.arrayContaining([before[0], before[2]]));
  });

  it('rewrites a few thousand samples at most when samples trickle in, and leaves few small chunks', async () => {
    const series = new MemorySeries();
    let largest = 0;
    for (let i = 0; i < 120; i++) {
      const before = new Set(series.chunks);
      await series.upload(samplesAt(range(i * 100, 100), 1));
      for (const chunk of series.chunks)
        if (!before.has(chunk)) largest = Math.max(largest, chunk.sampleCount);
    }
    expect(largest).toBeLessThan(CHUNK_ABSORB_SAMPLES + CHUNK_MIN_SAMPLES);
    expect(series.chunks.length).toBeLessThanOrEqual(4);
  });
});
