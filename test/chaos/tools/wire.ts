import { Agent, request } from 'undici';
import type { Answer } from '../../support/api.js';
import type { Witness } from './witness.js';

/** Of an answer: what JSON it is, or its text. Trials look into it freely. */
export type Body = Answer['body'];

export interface Heard {
  /** 0: there was no answer. */
  status: number;
  body: Body;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  ms: number;
}

export interface Saying {
  body?: unknown;
  /** Sent as it is instead of `body`. */
  raw?: Buffer | string;
  token?: string;
  headers?: Record<string, string>;
}

/** Longer than any request may take: who waits that long has found a request that hangs. */
const ANSWER_MS = 90_000;

/** Speaks HTTP to servers that may go away at any moment; every answer is shown to the witness. */
export class Wire {
  private readonly agent: Agent;

  constructor(
    private readonly witness: Witness,
    connections = 64,
  ) {
    this.agent = new Agent({ connections, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  }

  async send(method: string, url: string, saying: Saying = {}): Promise<Heard> {
    const began = performance.now();
    try {
      const { statusCode, headers, body } = await request(url, this.options(method, saying));
      const text = await body.text();
      this.witness.see(`${method} ${new URL(url).pathname}`, statusCode, headers, text);
      return { status: statusCode, body: parsed(text), headers, ms: performance.now() - began };
    } catch (error) {
      return { status: 0, body: String(error), headers: {}, ms: performance.now() - began };
    }
  }

  get = (url: string, saying?: Saying) => this.send('GET', url, saying);
  post = (url: string, saying?: Saying) => this.send('POST', url, saying);

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private options(method: string, { body, raw, token, headers }: Saying) {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    return {
      method: method as 'GET',
      dispatcher: this.agent,
      body: text,
      headers: {
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    };
  }
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
