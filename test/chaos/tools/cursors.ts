import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Wire } from './wire.js';

export interface CursorOptions {
  wire: Wire;
  /** Where the next request goes. */
  url: () => string;
  token: string;
}

const RETRY_MS = 20;

/** A device that pushes new records and nothing else. */
export class Writer {
  readonly written: string[] = [];
  readonly faults: string[] = [];
  retries = 0;
  private readonly deviceId = randomUUID();

  constructor(private readonly options: CursorOptions) {}

  /** Returns when they are acknowledged. */
  async write(count: number): Promise<void> {
    const at = Date.now();
    const routines = Array.from({ length: count }, () => ({
      clientId: randomUUID(),
      name: 'Legs',
      createdAt: at,
      updatedAt: at,
    }));
    const body = { deviceId: this.deviceId, lastSync: 0, routines };
    const { wire, url, token } = this.options;
    for (;;) {
      const { status, body: answer } = await wire.post(`${url()}/api/sync/push`, { token, body });
      if (status === 200) break;
      if (status !== 503 && status !== 0) this.faults.push(`push → ${status} ${JSON.stringify(answer)}`);
      this.retries++;
      await pause(RETRY_MS);
    }
    for (const { clientId } of routines) this.written.push(clientId);
  }
}

/** A device that follows its cursor and never writes: what it is not given it has missed for ever. */
export class Reader {
  readonly got = new Map<string, number>();
  readonly faults: string[] = [];
  backwards = 0;
  resyncs = 0;
  pulls = 0;
  retries = 0;
  private cursor = 0;
  private readonly deviceId = randomUUID();

  constructor(
    private readonly options: CursorOptions,
    private readonly limit?: number,
    private readonly collection = 'routines',
  ) {}

  /** One pull. @returns whether there was anything new */
  async pull(): Promise<boolean> {
    const { wire, url, token } = this.options;
    const { deviceId, cursor: lastSync, limit } = this;
    const { status, body } = await wire.post(`${url()}/api/sync/pull`, {
      token,
      body: { deviceId, lastSync, limit },
    });
    if (status !== 200) {
      if (status !== 503 && status !== 0) this.faults.push(`pull → ${status} ${JSON.stringify(body)}`);
      this.retries++;
      await pause(RETRY_MS);
      return true;
    }
    this.pulls++;
    if (body.resync) this.resyncs++;
    if (body.syncTime < lastSync) this.backwards++;
    this.cursor = body.syncTime;
    const records = body[this.collection];
    for (const { clientId } of records) this.got.set(clientId, (this.got.get(clientId) ?? 0) + 1);
    return records.length > 0 || body.hasMore;
  }

  /** Until there is nothing new; `goesOn` says whether somebody still writes. */
  async follow(goesOn: () => boolean): Promise<void> {
    for (let again = true; again;) {
      // What was acknowledged before this pull is asked for is in it.
      const wasWritten = goesOn();
      again = (await this.pull()) || wasWritten;
    }
  }
}

export interface Following {
  written: number;
  missed: number;
  repeated: number;
  invented: number;
  backwards: number;
  resyncs: number;
  pulls: number;
  /** Requests that were sent again because they were not answered, or with 503. */
  retries: number;
  faults: string[];
}

/** What the readers got of what the writers wrote; each reader counts. */
export function judgeReaders(writers: readonly Writer[], readers: readonly Reader[]): Following {
  const written = new Set(writers.flatMap((writer) => writer.written));
  const sum = (of: (reader: Reader) => number) => readers.reduce((total, reader) => total + of(reader), 0);
  return {
    written: written.size,
    missed: sum(({ got }) => [...written].filter((id) => !got.has(id)).length),
    repeated: sum(({ got }) => [...got.values()].filter((times) => times > 1).length),
    invented: sum(({ got }) => [...got.keys()].filter((id) => !written.has(id)).length),
    backwards: sum((reader) => reader.backwards),
    resyncs: sum((reader) => reader.resyncs),
    pulls: sum(({ pulls }) => pulls),
    retries: [...writers, ...readers].reduce((total, { retries }) => total + retries, 0),
    faults: [...writers, ...readers].flatMap(({ faults }) => faults),
  };
}

export interface Traffic {
  writers: readonly Writer[];
  readers: readonly Reader[];
  /** Written in all. */
  records: number;
  perPush: number;
  /** Called once, when half of the records have been acknowledged. */
  midway?: () => Promise<unknown>;
}

/** Has all of them at work at once. Every acknowledged record must come to every reader exactly once. */
export async function followCursors({
  writers,
  readers,
  records,
  perPush,
  midway,
}: Traffic): Promise<Following> {
  let [begun, acknowledged] = [0, 0];
  let half: Promise<unknown> | undefined;
  let isWriting = true;
  const writing = Promise.all(
    writers.map(async (writer) => {
      while (begun < records) {
        const count = Math.min(perPush, records - begun);
        begun += count;
        await writer.write(count);
        acknowledged += count;
        if (acknowledged * 2 >= records) half ??= midway?.() ?? Promise.resolve();
      }
    }),
  ).finally(() => {
    isWriting = false;
  });
  await Promise.all([writing, ...readers.map((reader) => reader.follow(() => isWriting))]);
  await half;
  return judgeReaders(writers, readers);
}
