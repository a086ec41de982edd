import { setTimeout as pause } from 'node:timers/promises';

export interface SentEvent {
  event: string;
  id: string | undefined;
  data: { syncTime?: number };
}

/** Events come within a second; the rest is for a busy machine. */
const PATIENCE_MS = 10_000;

/** Reads GET /api/sync/events as a client does. */
export class EventReader {
  readonly events: SentEvent[] = [];
  /** Comments: lines that only keep the connection. */
  beats = 0;
  retryMs: number | undefined;
  hasEnded = false;
  private rest = '';

  private constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {}

  static async open(
    url: string,
    token: string,
    { query = {}, headers = {} }: { query?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<EventReader> {
    const controller = new AbortController();
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${url}/api/sync/events?${search}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: controller.signal,
    });
    const reader = new EventReader(response, controller);
    if (response.status === 200) void reader.read();
    return reader;
  }

  get changes(): number[] {
    return this.events.flatMap(({ event, data }) => (event === 'change' ? [data.syncTime ?? -1] : []));
  }

  /** Waits until it is so. @throws Error when it does not become so */
  async until(isSo: (reader: this) => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !isSo(this); await pause(5))
      if (Date.now() > end) throw new Error(`waited in vain; read so far: ${JSON.stringify(this.events)}`);
  }

  close(): void {
    this.controller.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body as unknown as AsyncIterable<Uint8Array>) {
        const blocks = (this.rest + decoder.decode(chunk, { stream: true })).split('\n\n');
        this.rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // Cut: an end as well.
    }
    this.hasEnded = true;
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    );
    if (fields.has('')) this.beats++;
    if (fields.has('retry')) this.retryMs = Number(fields.get('retry'));
    const event = fields.get('event');
    if (event !== undefined)
      this.events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? '{}') });
  }
}
