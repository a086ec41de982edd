import type { Client, Pool } from 'undici';
import type { Account, Setting } from './protocol.js';

export interface Answer {
  status: number;
  body: Buffer;
}

/** One request with the check of its answer, which gives the fault or null. */
export interface Question {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
  check(answer: Answer): string | null;
}

/** A kind of requests against one server. */
export interface Traffic {
  /** Once, before anything is measured. */
  prepare?(): Promise<void>;
  /** Before every run that is measured. */
  renew?(): Promise<void>;
  /** null: there is nothing left to ask until `renew`. */
  next(): Question | null;
}

/** Asks for whatever has to be there before a traffic can be measured. */
export interface Line {
  ask(question: Question): Promise<Answer>;
}

export type TrafficFactory = (setting: Setting, line: Line) => Traffic;

/** Sends one request; the answer is read to its end. */
export function dispatch(client: Client | Pool, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const parts: Buffer[] = [];
    const { method, path, headers, body } = question;
    client.dispatch(
      { method, path, headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, code) => {
          status = code;
        },
        onResponseData: (_, part) => {
          parts.push(part);
        },
        onResponseEnd: () => resolve({ status, body: parts.length === 1 ? parts[0] : Buffer.concat(parts) }),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

const JSON_TYPE = 'application/json';

export const headersOf = ({ token }: Account) => ({
  authorization: `Bearer ${token}`,
  'content-type': JSON_TYPE,
});

/** A status that is not the wanted one, with the beginning of what was said. */
export const wrongStatus = ({ status, body }: Answer, wanted: number) =>
  status === wanted ? null : `answered with ${status}: ${body.toString('utf8', 0, 200)}`;

/** How often a key stands in an answer: enough to count records without reading them. */
export function countOf(body: Buffer, key: string): number {
  const wanted = Buffer.from(`"${key}":`);
  let found = 0;
  for (let at = body.indexOf(wanted); at >= 0; at = body.indexOf(wanted, at + wanted.length)) found++;
  return found;
}

/** Runs tasks a few at a time. */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** One after the other, for ever. */
export function turns<T>(items: readonly T[]): () => T {
  let place = 0;
  return () => items[place++ % items.length];
}
