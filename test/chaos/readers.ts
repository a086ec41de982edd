import { randomUUID } from 'node:crypto';
import { Phone } from '../support/phone.js';

/** Whose records, through which address, and how many. */
export interface ReadersOptions {
  /** Of a load balancer, or of one server. */
  url: string;
  /** An access token of an account with premium. */
  token: string;
  writers: number;
  readers: number;
  /** Written in all. */
  records: number;
  /** At most so many records in a push. */
  perPush: number;
  /** Called once, when half of the records have been acknowledged. */
  midway?: () => Promise<unknown>;
}

/** What came of it: promises are kept if all but the first and the last two are 0. */
export interface ReadersOutcome {
  written: number;
  /** Records that some reader did not get, each reader counted. */
  missed: number;
  /** Records that a reader got twice. */
  repeated: number;
  /** Records that nobody has written. */
  invented: number;
  /** Answers with a smaller cursor than the one before. */
  backwards: number;
  /** Cursors that the server had forgotten. */
  resyncs: number;
  pulls: number;
  seconds: number;
}

interface Reader {
  got: Map<string, number>;
  backwards: number;
  resyncs: number;
  pulls: number;
}

const T = 1_765_000_000_000;

/**
 * Many devices of one account write at once while others read by nothing but their cursors. Every acknowledged record must
 * come to every reader exactly once.
 */
export async function followCursors(options: ReadersOptions): Promise<ReadersOutcome> {
  const { url, token } = options;
  const started = performance.now();
  const written = new Set<string>();
  const state = { writing: true };
  const writing = write(options, written).finally(() => {
    state.writing = false;
  });
  // A reader that fails is heard of when the writers are done.
  const reading = Promise.allSettled(
    Array.from({ length: options.readers }, (_, n) => read(new Phone(url, token, `reader ${n}`), state)),
  );
  await writing;
  const readers = (await reading).map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { ...judge(readers, written), seconds: (performance.now() - started) / 1000 };
}

async function write(
  { url, token, writers, records, perPush, midway }: ReadersOptions,
  written: Set<string>,
): Promise<void> {
  let begun = 0;
  let half: Promise<unknown> | undefined;
  await Promise.all(
    Array.from({ length: writers }, async (_, n) => {
      const phone = new Phone(url, token, `writer ${n}`);
      while (begun < records) {
        const count = Math.min(perPush, records - begun);
        begun += count;
        const routines = Array.from({ length: count }, () => ({
          clientId: randomUUID(),
          name: 'Legs',
          createdAt: T,
          updatedAt: T,
        }));
        const { idMappings } = await phone.request('push', { routines });
        for (const { clientId } of routines)
          written.add(idMappings['routines']?.[clientId] ?? `lost ${clientId}`);
        if (written.size * 2 >= records) half ??= midway?.() ?? Promise.resolve();
      }
    }),
  );
  await half;
}

async function read(phone: Phone, state: { writing: boolean }): Promise<Reader> {
  const reader: Reader = { got: new Map(), backwards: 0, resyncs: 0, pulls: 0 };
  let lastSync = 0;
  for (let again = true; again;) {
    // What was acknowledged before this pull is asked for is in it.
    again = state.writing;
    const { syncTime, resync, routines = [] } = await phone.request('pull', { lastSync });
    reader.pulls++;
    if (resync) reader.resyncs++;
    if (syncTime < lastSync) reader.backwards++;
    lastSync = syncTime;
    for (const { serverId } of routines) {
      const id = String(serverId);
      reader.got.set(id, (reader.got.get(id) ?? 0) + 1);
    }
  }
  return reader;
}

function judge(readers: readonly Reader[], written: ReadonlySet<string>): Omit<ReadersOutcome, 'seconds'> {
  const sum = (of: (reader: Reader) => number) => readers.reduce((total, reader) => total + of(reader), 0);
  return {
    written: written.size,
    missed: sum(({ got }) => [...written].filter((id) => !got.has(id)).length),
    repeated: sum(({ got }) => [...got.values()].filter((times) => times > 1).length),
    invented: sum(({ got }) => [...got.keys()].filter((id) => !written.has(id)).length),
    backwards: sum((reader) => reader.backwards),
    resyncs: sum((reader) => reader.resyncs),
    pulls: sum(({ pulls }) => pulls),
  };
}
