import { once } from 'node:events';
import net from 'node:net';

/** The network between a server and its PostgreSQL, which a test can cut and mend. */
export class Cable {
  private readonly sockets = new Set<net.Socket>();
  private cut = false;
  private frozen = false;

  private constructor(
    /** The database's address through this cable. */
    readonly url: string,
    private readonly listener: net.Server,
  ) {}

  static async to(databaseUrl: string): Promise<Cable> {
    const target = new URL(databaseUrl);
    const listener = net.createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('the cable has no port');
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${address.port}`;
    const cable = new Cable(url.href, listener);
    listener.on('connection', (near) => cable.connect(near, target));
    return cable;
  }

  /** Breaks every connection and refuses new ones. */
  pull(): void {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  plug(): void {
    this.cut = false;
  }

  /** Nothing comes through any more, and nobody is told: a database that hangs. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  thaw(): void {
    this.frozen = false;
    for (const socket of this.sockets) socket.resume();
  }

  close(): void {
    this.pull();
    this.listener.close();
  }

  private connect(near: net.Socket, target: URL): void {
    if (this.cut) {
      near.destroy();
      return;
    }
    splice(near, net.connect(Number(target.port || 5432), target.hostname), this.sockets);
    if (this.frozen) this.freeze();
  }
}

/** Makes one line of two sockets: what ends one ends the other. `sockets` has those that are open. */
export function splice(near: net.Socket, far: net.Socket, sockets: Set<net.Socket>): void {
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(socket);
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }
}
