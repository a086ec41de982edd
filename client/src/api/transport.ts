import { Answer, problemIn } from './answer.js';
import { type Gzip, platformGzip } from './gzip.js';
import { PortalError } from './portal-error.js';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A request as plain values, so that it can be sent again. */
export class Outgoing {
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;

  constructor(
    readonly url: string,
    init: { method: string; headers: Headers; body?: string },
  ) {
    this.method = init.method;
    this.headers = init.headers;
    this.body = init.body;
  }
}

export interface TransportOptions {
  fetch?: Fetch;
  /** Default: the platform's CompressionStream, if it has one. null: bodies are never packed. */
  gzip?: Gzip | null;
  /** Bodies shorter than this are sent as they are. */
  gzipMinBytes?: number;
  /** Epoch ms by this device. */
  now?: () => number;
}

/** Beyond this, packing saves more time on a phone's network than it costs. */
const GZIP_MIN_BYTES = 4096;

const PARQUET_TYPE = 'application/vnd.apache.parquet';

export interface Sending {
  signal?: AbortSignal;
  /** Access token. */
  token?: string;
}

/** Sends one request and reads its answer whole. Nothing counts as success that the portal cannot have said. */
export class Transport {
  readonly now: () => number;
  private readonly fetch: Fetch;
  private readonly gzipMinBytes: number;
  private gzip: Gzip | null;

  constructor({ fetch, gzip, gzipMinBytes, now }: TransportOptions) {
    this.fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.gzip = gzip === undefined ? platformGzip() : gzip;
    this.gzipMinBytes = gzipMinBytes ?? GZIP_MIN_BYTES;
    this.now = now ?? Date.now;
  }

  /** @throws PortalError client.offline, client.bad_answer, and whatever the portal refuses with */
  async send(outgoing: Outgoing, sending: Sending): Promise<Answer> {
    const packed = await this.pack(outgoing.body);
    let answer = await this.exchange(outgoing, sending, packed);
    if (answer.status === 415 && packed !== null) {
      // Something on the way does not take packed bodies: a slower sync is better than none.
      this.gzip = null;
      answer = await this.exchange(outgoing, sending, null);
    }
    if (answer.status === 304 && outgoing.headers.has('if-none-match')) return answer;
    if (answer.ok && answer.type === (outgoing.headers.get('accept') ?? 'application/json')) return answer;
    throw await problemIn(answer, this.now());
  }

  private async pack(body: string | undefined): Promise<Uint8Array<ArrayBuffer> | null> {
    if (body === undefined || this.gzip === null || body.length < this.gzipMinBytes) return null;
    return this.gzip(new TextEncoder().encode(body));
  }

  /**
   * Sends one request whose answer is read while it comes. Its time limit is the caller's.
   * @throws PortalError as `send`
   */
  async open(outgoing: Outgoing, sending: Sending): Promise<Response> {
    const response = await this.begin(outgoing, sending, null).catch((cause: unknown) => {
      throw new PortalError('client.offline', { cause });
    });
    const type = response.headers.get('content-type') ?? '';
    if (response.status === 200 && type.startsWith(outgoing.headers.get('accept') ?? '')) return response;
    const text = await response.text().catch(() => '');
    throw await problemIn(new Answer(response.status, response.headers, text), this.now());
  }

  private async exchange(
    outgoing: Outgoing,
    sending: Sending,
    packed: Uint8Array<ArrayBuffer> | null,
  ): Promise<Answer> {
    try {
      const response = await this.begin(outgoing, sending, packed);
      const isBinary = response.headers.get('content-type') === PARQUET_TYPE;
      const content = isBinary ? await response.arrayBuffer() : await response.text();
      return new Answer(response.status, response.headers, content);
    } catch (cause) {
      throw new PortalError('client.offline', { cause });
    }
  }

  private begin(
    { url, method, headers: given, body }: Outgoing,
    { signal, token }: Sending,
    packed: Uint8Array<ArrayBuffer> | null,
  ): Promise<Response> {
    const headers = new Headers(given);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    if (packed !== null) headers.set('content-encoding', 'gzip');
    // A redirect is never the portal's: following it would hand the body, tokens too, to whoever caused it.
    const init: RequestInit = { method, headers, body: packed ?? body, signal, redirect: 'manual' };
    return this.fetch(url, { ...init, credentials: 'omit' });
  }
}
