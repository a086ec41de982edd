import type { PortalApi } from './portal-api.js';
import { PortalError } from './portal-error.js';
import type { CallOptions, EventsQuery } from './sync-api.js';

/** Something has changed at the portal; what, a pull tells. */
export interface PortalEvent {
  /** `change`: there is something to pull. `samples`: sensor samples have come, which no pull brings. */
  type: 'change' | 'samples';
  /** Of a change: a device whose cursor this is has it already. */
  syncTime: number | null;
}

/** The portal says something every 20 s: a connection that is silent for longer is dead. */
const SILENCE_MS = 60_000;
const RETRY_MS = 5_000;

type EventsOptions = Pick<CallOptions, 'signal' | 'accountId'>;

/**
 * What happens at the portal, as it happens: `for await (const event of portalEvents(api, { deviceId }, { signal }))`. A stream
 * that ends is opened again, after the wait the portal asks for. Ends when the signal fires, and where the platform cannot
 * read an answer while it comes (React Native).
 * @throws PortalError what does not pass: no premium, the sign-in has ended
 */
export function portalEvents(
  api: Pick<PortalApi, 'openEvents'>,
  query: EventsQuery = {},
  options: EventsOptions = {},
): AsyncGenerator<PortalEvent, void> {
  return new EventFeed(api, query, options).events();
}

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

class EventFeed {
  private retryMs = RETRY_MS;

  constructor(
    private readonly api: Pick<PortalApi, 'openEvents'>,
    private query: EventsQuery,
    private readonly options: EventsOptions,
  ) {}

  private get isUnwanted(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  async *events(): AsyncGenerator<PortalEvent, void> {
    while (!this.isUnwanted) {
      let waitMs: number | null = null;
      try {
        if (!(yield* this.stream(this.options))) return;
      } catch (error) {
        if (this.isUnwanted) return;
        if (!(error instanceof PortalError) || !error.retryable) throw error;
        waitMs = error.retryAfterMs;
      }
      await pause(waitMs ?? this.retryMs, this.options.signal);
    }
  }

  private async *stream({ signal, accountId }: EventsOptions): AsyncGenerator<PortalEvent, boolean> {
    const controller = new AbortController();
    const stop = () => controller.abort();
    signal?.addEventListener('abort', stop);
    let timer = setTimeout(stop, SILENCE_MS);
    try {
      const { body } = await this.api.openEvents(this.query, { signal: controller.signal, accountId });
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
