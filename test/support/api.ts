import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { Clock } from '../../src/common/clock.js';

/** Parsed JSON of an answer, text of any other; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
type Body = any;

export interface Answer {
  status: number;
  body: Body;
  headers: Headers;
}

/** Status and error code: what most tests of refusals are about. */
export const outcomeOf = ({ status, body }: Answer): [number, string] => [status, body.code];

export interface Sending {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/** Speaks HTTP to a server as a phone would: JSON in and out, nothing retried. */
export class Api {
  constructor(private readonly url: string) {}

  get = (path: string, sending?: Sending) => this.send('GET', path, sending);
  post = (path: string, sending?: Sending) => this.send('POST', path, sending);
  patch = (path: string, sending?: Sending) => this.send('PATCH', path, sending);
  delete = (path: string, sending?: Sending) => this.send('DELETE', path, sending);

  async send(method: string, path: string, { body, token, headers = {} }: Sending = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: isJson(response) && text !== '' ? JSON.parse(text) : text,
      headers: response.headers,
    };
  }

  /** A new account; the answer of its sign-up, and what to sign in with. */
  async signUp(credentials: Partial<Credentials> = {}): Promise<SignedUp> {
    const { email = newEmail(), password = PASSWORD } = credentials;
    const { status, body } = await this.post('/api/auth/signup', { body: { email, password } });
    if (status !== 201) throw new Error(`sign-up answered ${status}: ${JSON.stringify(body)}`);
    return { ...body, email, password };
  }
}

const isJson = ({ headers }: Response) => /json/.test(headers.get('content-type') ?? '');

export interface Credentials {
  email: string;
  password: string;
}

export interface SignedUp extends Credentials {
  token: string;
  refreshToken: string;
  user: { id: string; email: string; displayName: string; isPremium: boolean };
}

export const PASSWORD = 'correct horse battery staple';

export const newEmail = () => `${randomUUID()}@example.org`;

/** Takes over the clock of a server: from now on its time stands still, and moves only when told. */
export function holdClock(app: INestApplicationContext, start = Date.now()) {
  const clock = app.get(Clock);
  let now = start;
  clock.now = () => now;
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
}
