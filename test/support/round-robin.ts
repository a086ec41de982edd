import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The simplest load balancer: every request goes to the next server, whatever connection it came on. */
export class RoundRobin {
  /** Requests that each server has been given. */
  readonly given: number[];
  private next = 0;
  private readonly agent = new http.Agent({ keepAlive: true });

  private constructor(
    readonly url: string,
    private readonly targets: readonly string[],
    private readonly server: http.Server,
  ) {
    this.given = targets.map(() => 0);
  }

  static async to(targets: readonly string[]): Promise<RoundRobin> {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const balancer = new RoundRobin(`http://127.0.0.1:${port}`, targets, server);
    server.on('request', (request, answer) => balancer.pass(request, answer));
    return balancer;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
  }

  private pass(request: http.IncomingMessage, answer: http.ServerResponse): void {
    const n = this.next++ % this.targets.length;
    this.given[n]++;
    const { method, headers, url = '' } = request;
    const onward = http.request(new URL(url, this.targets[n]), { method, headers, agent: this.agent });
    onward.on('response', (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
      // An answer that breaks off must not look whole.
      found.on('error', () => answer.destroy());
    });
    onward.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}
