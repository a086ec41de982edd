import { MIB } from '../common/body-limit.js';

/** Beyond this the bytes lie in memory of their own, which grows by steps and is given back at once. */
const LARGE_BYTES = MIB;
const STEP_BYTES = 4 * MIB;
const FIRST_BYTES = 4096;

/** As far as the types of ES2023 lack it; Node has it from 20 on. */
type Growing = ArrayBuffer & { resize(bytes: number): void };
const growing = (maxByteLength: number): Growing =>
  new (ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => Growing)(0, {
    maxByteLength,
  });

/**
 * The bytes of a body as they come. Kept as pieces a body would be there twice when they are put together, one that is
 * refused after 64 MiB would stay until the garbage collector comes by while the next one comes in, and one that comes byte by
 * byte would take 187 bytes for each.
 */
export class CollectedBytes {
  private size = 0;
  private start: Buffer = Buffer.alloc(0);
  private space: Growing | undefined;

  /** @param limit most bytes there may be; whoever adds sees to it. */
  constructor(private readonly limit: number) {}

  /** @throws RangeError there is no memory for it */
  add(piece: Buffer): void {
    const needed = this.size + piece.length;
    if (this.space !== undefined || needed > LARGE_BYTES) this.place(piece);
    // Most bodies come in one piece.
    else if (this.size === 0) this.start = piece;
    else {
      if (needed > this.start.length) this.growStart(needed);
      this.start.set(piece, this.size);
    }
    this.size = needed;
  }

  /** All of them; nothing may be added any more. */
  take(): Buffer {
    return this.space === undefined
      ? this.start.subarray(0, this.size)
      : Buffer.from(this.space, 0, this.size);
  }

  /** They are not wanted. */
  drop(): void {
    this.start = Buffer.alloc(0);
    this.space?.resize(0);
  }

  private growStart(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, needed, 2 * this.start.length));
    larger.set(this.start.subarray(0, this.size));
    this.start = larger;
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
    new Uint8Array(space).set(this.start.subarray(0, this.size));
    this.start = Buffer.alloc(0);
    return space;
  }
}
