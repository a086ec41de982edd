import http from 'node:http';

/** A request exactly as it goes out: nothing is added but its length. */
export interface RawRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface RawAnswer {
  /** 0: the connection was cut before an answer came. */
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** Sends what `fetch` would refuse to send or would mend on the way. */
export class Sender {
  private readonly agent: http.Agent;
  private readonly address: { hostname: string; port: string };

  constructor(url: string, connections = 8) {
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
    const { hostname, port } = new URL(url);
    this.address = { hostname, port };
  }

  send({ method, path, headers, body }: RawRequest): Promise<RawAnswer> {
    return new Promise((resolve) => {
      const cut = () => resolve({ status: 0, headers: {}, text: '' });
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const request = http.request(
        { ...this.address, agent: this.agent, method, path, headers: { ...length, ...headers } },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', cut);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              text: Buffer.concat(parts).toString('utf8'),
            }),
          );
        },
      );
      request.on('error', cut);
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
