import { once } from 'node:events';
import net from 'node:net';

/** The line between a phone and a server, on which some answers are lost, whole or in the middle. */
export class LossyLine {
  lost = 0;
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    readonly url: string,
    private readonly listener: net.Server,
    private readonly random: () => number,
    /** Share of the answers that are lost. */
    private readonly share: number,
  ) {}

  static async to(serverUrl: string, random: () => number, share: number): Promise<LossyLine> {
    const target = new URL(serverUrl);
    const listener = net.createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const url = `http://127.0.0.1:${(listener.address() as net.AddressInfo).port}`;
    const line = new LossyLine(url, listener, random, share);
    listener.on('connection', (near) => line.join(near, net.connect(Number(target.port), target.hostname)));
    return line;
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: net.Socket, far: net.Socket): void {
    let isAwaited = false;
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.sockets.delete(socket);
        cut();
      });
    }
    near.on('data', (chunk) => {
      isAwaited = true;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      const isLost = isAwaited && this.random() < this.share;
      isAwaited = false;
      if (!isLost) {
        near.write(chunk);
        return;
      }
      this.lost++;
      // Half of them break off in the middle.
      if (this.random() < 0.5) near.end(chunk.subarray(0, chunk.length / 2), cut);
      else cut();
    });
  }
}
