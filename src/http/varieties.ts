/** So many calls pass before there is a table: small bodies need none, and cannot exceed any bound. */
const UNCOUNTED = 4096;

/** Counts how many different hashes there were, about: those that share a place count as one. */
class Variety {
  private seen: Uint8Array | undefined;
  private calls = 0;
  private different = 0;

  /** @param bits of the number of places; a bit of memory for each */
  constructor(private readonly bits: number) {}

  /** @returns how many there were so far */
  add(hash: number): number {
    if (++this.calls <= UNCOUNTED) return 0;
    this.seen ??= new Uint8Array(2 ** (this.bits - 3));
    const place = hash >>> (32 - this.bits);
    const bit = 1 << (place & 7);
    if ((this.seen[place >>> 3] & bit) !== 0) return this.different;
    this.seen[place >>> 3] |= bit;
    return ++this.different;
  }

  /** For one that is not told apart from any other. */
  count(): number {
    return ++this.different;
  }
}

/**
 * What a JSON text has many different ones of. The hashes are FNV-1a's way (http://www.isthe.com/chongo/tech/comp/fnv/), with a
 * multiplier that is drawn anew for each body: who knew it could make keys that look alike.
 */
export class Varieties {
  readonly multiplier = Math.floor(Math.random() * 2 ** 28) * 8 + 5;
  readonly keys = new Variety(17);
  readonly orders = new Variety(21);
  readonly texts = new Variety(21);
}
