import { Socket } from 'node:net';

type Chunk = { chunk: Buffer; encoding: BufferEncoding };

/**
 * The driver writes four small pieces for each statement; handed to the system one by one, those of a push take 10 µs
 * longer than as one piece.
 */
export class PacketSocket extends Socket {
  /** What was written while the stream was corked. */
  override _writev(chunks: Chunk[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer' as BufferEncoding, done);
  }
}
