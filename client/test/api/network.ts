import type { Fetch } from '../../src/api/transport.js';

/** What happens to a request: `send` takes it to the server. */
export type Fault = (send: () => Promise<Response>) => Promise<Response>;

const unreachable = () => Promise.reject(new TypeError('fetch failed'));

export const offline: Fault = unreachable;

/** The server has done what it was asked to; nobody hears of it. */
export const lostAnswer: Fault = async (send) => {
  await send();
  return unreachable();
};

/** Never answers, and does not heed the signal either. */
export const silence: Fault = () => new Promise<never>(() => {});

/** Headers and the first half of a body; the rest never comes. */
export const halfAnAnswer: Fault = () => {
  const half = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"syncTime":')),
  });
  return Promise.resolve(new Response(half, { headers: { 'content-type': 'application/json' } }));
};

export const page =
  (status: number, headers: Record<string, string> = {}): Fault =>
  () =>
    Promise.resolve(
      new Response('<html>Welcome to Hotel Wi-Fi, please log in</html>', {
        status,
        headers: { 'content-type': 'text/html', ...headers },
      }),
    );

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Fault =>
  () =>
    Promise.resolve(
      new Response(JSON.stringify(body), {
        status,
        headers: { 'content-type': 'application/json', ...headers },
      }),
    );

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Fault =>
  json(
    status,
    { code, title: 'Something is wrong', status },
    { 'content-type': 'application/problem+json', ...headers },
  );

interface Seen {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

/** The way to the server: sees every request, and harms those it was told to. */
export class Network {
  readonly seen: Seen[] = [];
  private readonly faults: { path: string; fault: Fault; left: number }[] = [];

  /** The next `times` requests for a path that begins so. */
  harm(path: string, fault: Fault, times = 1): void {
    this.faults.push({ path, fault, left: times });
  }

  heal(): void {
    this.faults.length = 0;
  }

  requests(path: string): Seen[] {
    return this.seen.filter((request) => request.path === path);
  }

  fetch: Fetch = (url, init) => {
    const { pathname: path } = new URL(url);
    const { method = 'GET', headers, body } = init;
    this.seen.push({ method, path, headers: new Headers(headers), body });
    const send = () => fetch(url, init);
    const harm = this.faults.find((fault) => fault.left > 0 && path.startsWith(fault.path));
    if (harm === undefined) return send();
    harm.left--;
    return harm.fault(send);
  };
}
