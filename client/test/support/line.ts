import { once } from 'node:events';
import net from 'node:net';
import { splice } from '../../../test/support/cable.js';

/** The network between phones and a portal. While it is cut nobody listens, as if the portal were away. */
export class Line {
  private readonly sockets = new Set<net.Socket>();
  private listener: net.Server | null = null;
  private port = 0;

  private constructor(private readonly target: URL) {}

  static async to(portal: string): Promise<Line> {
    const line = new Line(new URL(portal));
    await line.mend();
    return line;
  }

  /** The portal’s address through this line. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async mend(): Promise<void> {
    if (this.listener !== null) return;
    this.listener = net.createServer((near) => this.connect(near));
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
    this.port = (this.listener.address() as net.AddressInfo).port;
  }

  async cut(): Promise<void> {
    const { listener } = this;
    if (listener === null) return;
    this.listener = null;
    const closed = once(listener, 'close');
    listener.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private connect(near: net.Socket): void {
    splice(near, net.connect(Number(this.target.port), this.target.hostname), this.sockets);
  }
}
