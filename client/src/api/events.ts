import { PortalError } from './portal-error.js';

/** Something has changed at the portal; what, a pull tells. */
export interface PortalEvent {
  /** `change`: there is something to pull. `samples`: sensor samples have come, which no pull brings. */
  type: 'change' | 'samples';
  /** Of a change: a device whose cursor this is has it already. */
  syncTime: number | null;
}

export interface EventsQuery {
  /** Whose own changes are no news to it. */
  deviceId?: string;
  /** The cursor of the device: what came after it is told at once. */
  lastSync?: number;
}

/** The portal says something every 20 s: a connection that is silent for longer is dead. */
const SILENCE_MS = 60_000;
const RETRY_MS = 5_000;

/** One answer of the portal, as it arrives. */
export type OpenStream = (query: EventsQuery, signal: AbortSignal) => Promise<Response>;

/** What a block of lines says. */
function fieldsOf(block: string): Map<string, string> {
  return new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

function eventIn(fields: ReadonlyMap<string, string>): PortalEvent | null {
  const type = fields.get('event');
  if (type === 'samples') return { type, syncTime: null };
  const id = Number(fields.get('id') ?? Number.NaN);
  return type === 'change' ? { type, syncTime: Number.isSafeInteger(id) ? id : null } : null;
}

/** Events for as long as somebody reads: a stream that ends is opened again, after the wait the portal asks for. */
export class EventFeed {
  private retryMs = RETRY_MS;

  constructor(
    private readonly open: OpenStream,
    private query: EventsQuery,
  ) {}

  /**
   * Ends when the signal fires, and where the platform cannot read an answer while it comes (React Native).
   * @throws PortalError what the portal refuses with, unless it may pass
   */
  async *events(signal?: AbortSignal): AsyncGenerator<PortalEvent, void> {
    while (!signal?.aborted) {
      let waitMs: number | null = null;
      try {
        if (!(yield* this.stream(signal))) return;
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof PortalError) || !error.retryable) throw error;
        waitMs = error.retryAfterMs;
      }
      await pause(waitMs ?? this.retryMs, signal);
    }
  }

  private async *stream(signal: AbortSignal | undefined): AsyncGenerator<PortalEvent, boolean> {
    const controller = new AbortController();
    const stop = () => controller.abort();
    signal?.addEventListener('abort', stop);
    let timer = setTimeout(stop, SILENCE_MS);
    try {
      const { body } = await this.open(this.query, controller.signal);
      if (!body) return false;
      const reader = body.getReader();
      const decoder = new TextDecoder();
      let rest = '';
      for (;;) {
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw new PortalError('client.offline', { cause });
        });
        if (done) return true;
        const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        yield* this.take(blocks);
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      controller.abort();
    }
  }

  private *take(blocks: readonly string[]): Generator<PortalEvent> {
    for (const fields of blocks.map(fieldsOf)) {
      const retryMs = Number(fields.get('retry') ?? Number.NaN);
      if (retryMs >= 0) this.retryMs = retryMs;
      const event = eventIn(fields);
      if (event === null) continue;
      if (event.syncTime !== null) this.query = { ...this.query, lastSync: event.syncTime };
      yield event;
    }
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
