import { withDeadline } from './deadline.js';
import { addressOf, httpClient, type HttpClient } from './http-client.js';
import { PortalError } from './portal-error.js';
import { anyShape, type Shape, signedInShape } from './shapes.js';
import { isStale, SignIn } from './sign-in.js';
import type { CallOptions } from './sync-api.js';
import type { Tokens, TokenStore } from './tokens.js';
import { Outgoing, type Sending, Transport, type TransportOptions } from './transport.js';

const TIMEOUT_MS = 30_000;

export interface CallerOptions extends TransportOptions {
  /** Where the portal is, with a path if it has one: `https://portal.example.org`. */
  baseUrl: string;
  tokens: TokenStore;
  /** How long a call may take by default, its answer included. */
  timeoutMs?: number;
}

/** How a call is to be made: handed to the HTTP client with its parameters. */
export type Via = { fetch: (request: globalThis.Request) => Promise<Response> };

/** What the HTTP client resolves with; an unsuccessful answer has been thrown before. */
export interface Fetched<T> {
  data?: T;
  response: Response;
}

type Ask<T> = (via: Via, client: HttpClient) => Promise<Fetched<T>>;

export interface CallRules {
  /** Sent without a token. */
  open?: boolean;
  shape?: Shape;
}

type As = Pick<CallOptions, 'signal' | 'accountId'>;

/** Makes calls of the API: with a token, within their time, answered by the portal or failed. */
export class Caller {
  readonly signIn: SignIn;
  private readonly client: HttpClient;
  private readonly transport: Transport;
  private readonly timeoutMs: number;
  private readonly root: string;

  constructor({ baseUrl, tokens, timeoutMs = TIMEOUT_MS, ...transport }: CallerOptions) {
    this.timeoutMs = timeoutMs;
    this.transport = new Transport(transport);
    this.root = baseUrl.replace(/\/+$/, '');
    this.client = httpClient(this.root);
    this.signIn = new SignIn(tokens, this.transport.now, (body) =>
      this.call({}, (via, client) => client.POST('/api/auth/refresh', { ...via, body }), {
        open: true,
        shape: signedInShape,
      }),
    );
  }

  /** Calls and gives the content of the answer. @throws PortalError */
  async call<T>(
    options: CallOptions | undefined,
    ask: Ask<T>,
    { open = false, shape = anyShape }: CallRules = {},
  ): Promise<T> {
    const { data, response } = await this.fetch(options, ask, open);
    if (typeof data === 'object' && data !== null && shape(data)) return data;
    throw new PortalError('client.bad_answer', { status: response.status });
  }

  /** Calls and gives the answer as it is: success, or "not modified". @throws PortalError */
  fetch<T>(options: CallOptions = {}, ask: Ask<T>, open = false): Promise<Fetched<T>> {
    const { signal, timeoutMs = this.timeoutMs, accountId } = options;
    return withDeadline({ signal, timeoutMs }, async (stop) => {
      const send = (outgoing: Outgoing) =>
        open
          ? this.transport.send(outgoing, { signal: stop })
          : this.signedIn({ signal: stop, accountId }, (sending) => this.transport.send(outgoing, sending));
      const fetch = (outgoing: unknown) => send(outgoing as Outgoing) as unknown as Promise<Response>;
      try {
        return await ask({ fetch }, this.client);
      } catch (cause) {
        // The HTTP client reads the JSON of an answer.
        throw cause instanceof SyntaxError ? new PortalError('client.bad_answer', { cause }) : cause;
      }
    });
  }

  /** A GET whose answer is read while it comes. @throws PortalError */
  open(
    path: string,
    query: Record<string, unknown>,
    { accept, ...as }: { accept: string } & As,
  ): Promise<Response> {
    const url = this.root + addressOf(path, { query });
    const outgoing = new Outgoing(url, { method: 'GET', headers: new Headers({ accept }) });
    return this.signedIn(as, (sending) => this.transport.open(outgoing, sending));
  }

  private async signedIn<T>({ signal, accountId }: As, send: (sending: Sending) => Promise<T>): Promise<T> {
    const as = ({ token, userId }: Tokens) => {
      if (accountId !== undefined && userId !== accountId) throw new PortalError('client.other_account');
      return send({ signal, token });
    };
    const tokens = await this.signIn.usable();
    try {
      return await as(tokens);
    } catch (error) {
      if (!isStale(error)) throw error;
      return as(await this.signIn.renewed(tokens.token));
    }
  }
}
