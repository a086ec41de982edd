import { type BeforeApplicationShutdown, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows that the server is about to stop. Requests under way are finished, to the last byte of their answer; further ones
 * on open connections are answered 503, which sends a client to another process or makes it try again after the restart.
 */
@Injectable()
export class Closing implements OnModuleDestroy, BeforeApplicationShutdown {
  private closing = false;
  private readonly underWay = new Set<ServerResponse>();
  private readonly bySocket = new WeakMap<Socket, Set<ServerResponse>>();
  private allSent: (() => void) | undefined;

  get isClosing(): boolean {
    return this.closing;
  }

  /** Has the end of the server wait for this answer, as long as there is somebody to hear it. */
  await(answer: ServerResponse): void {
    this.underWay.add(answer);
    this.answersOn(answer.req.socket).add(answer);
    answer.once('close', () => this.leave(answer));
  }

  /** Of requests that came on this connection one behind the other: Node forgets those behind the one with which it closes. */
  private answersOn(socket: Socket): Set<ServerResponse> {
    const known = this.bySocket.get(socket);
    if (known !== undefined) return known;
    const answers = new Set<ServerResponse>();
    this.bySocket.set(socket, answers);
    socket.once('close', () => {
      for (const answer of answers) this.leave(answer);
    });
    return answers;
  }

  private leave(answer: ServerResponse): void {
    this.bySocket.get(answer.req.socket)?.delete(answer);
    this.underWay.delete(answer);
    if (this.underWay.size === 0) this.allSent?.();
  }

  onModuleDestroy(): void {
    this.closing = true;
  }

  /** The HTTP server closes after this and cuts every connection, also one whose answer is written but not yet sent. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.underWay.size > 0) await new Promise<void>((resolve) => (this.allSent = resolve));
  }
}
