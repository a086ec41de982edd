import { MIB } from '../common/body-limit.js';

/** Beyond this the bytes lie in memory of their own, which grows by steps and is given back at once. */
const LARGE_BYTES = MIB;
const STEP_BYTES = 4 * MIB;

/** As far as the types of ES2023 lack it; Node has it from 20 on. */
type Growing = ArrayBuffer & { resize(bytes: number): void };
const growing = (maxByteLength: number): Growing =>
  new (ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => Growing)(0, {
    maxByteLength,
  });

/**
 * The bytes of a body as they come. Kept as pieces a body would be there twice when they are put together, and one that is
 * refused after 64 MiB would stay until the garbage collector comes by, while the next one comes in.
 */
export class CollectedBytes {
  private size = 0;
  private pieces: Buffer[] = [];
  private space: Growing | undefined;

  /** @param limit most bytes there may be; whoever adds sees to it. */
  constructor(private readonly limit: number) {}

  add(piece: Buffer): void {
    if (this.space === undefined && this.size + piece.length <= LARGE_BYTES) this.pieces.push(piece);
    else this.place(piece);
    this.size += piece.length;
  }

  /** All of them; nothing may be added any more. */
  take(): Buffer {
    return this.space === undefined
      ? Buffer.concat(this.pieces, this.size)
      : Buffer.from(this.space, 0, this.size);
  }

  /** They are not wanted. */
  drop(): void {
    this.pieces = [];
    this.space?.resize(0);
  }

  private place(piece: Buffer): void {
    this.space ??= this.moved();
    const needed = this.size + piece.length;
    if (needed > this.space.byteLength) this.space.resize(Math.min(this.limit, needed + STEP_BYTES));
    new Uint8Array(this.space, this.size, piece.length).set(piece);
  }

  private moved(): Growing {
    const space = growing(this.limit);
    space.resize(Math.min(this.limit, this.size + STEP_BYTES));
    const bytes = new Uint8Array(space);
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.pieces = [];
    return space;
  }
}
