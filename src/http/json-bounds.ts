import { randomInt } from 'node:crypto';
import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { MAX_UPLOAD_SAMPLES } from '../common/upload-limits.js';

/**
 * What a body may be made of, above what 64 MiB of records have. V8 parses ordinary records at 3 ns a byte, but 28 MiB of
 * `[],[],` took 4 s and 1 GB, as much of numbers 0.7 s, a million different keys 0.7 to 2.7 s, and nobody else is answered
 * meanwhile. With these bounds the worst take 0.3 s. Depth bounds the recursion of everything that walks a body later; it is
 * far above what a record may nest, so that one record that is too deep is refused alone by the push. So is one whose text is
 * too long, unless it is far too long.
 */
const MOST = {
  depth: 500,
  items: MAX_UPLOAD_SAMPLES,
  containers: 600_000,
  values: 6_000_000,
  keys: 50_000,
  textBytes: 16 * MIB,
} as const;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Keys are told apart by so many bits of a hash (FNV-1a's way, http://www.isthe.com/chongo/tech/comp/fnv/, with a multiplier
 * that is drawn anew for each process, so that nobody can make keys that look alike). 50,000 of them take 61,000 keys, for some share a place.
 */
const KEY_BITS = 17;
const MULTIPLIER = randomInt(2 ** 28) * 8 + 5;

/** Longer texts are not told apart: as keys, each counts. */
const LONG_TEXT_BYTES = 64;

/**
 * Looks at a JSON text as it comes, 2 ns a byte, and refuses it before it is parsed, or has come whole, when parsing would cost
 * too much. It builds nothing and does not see whether the text is JSON: of any other the counts mean nothing, and parsing ends
 * at the first mistake.
 */
export class JsonBounds {
  /** A bit for each place. */
  private readonly seen = new Uint8Array(2 ** (KEY_BITS - 3));
  /** Of each container that is open: commas so far, and whether it is a list. */
  private readonly commas: number[] = [0];
  private readonly lists: boolean[] = [false];
  private level = 0;
  private containers = 0;
  private values = 0;
  private keys = 0;
  private isInText = false;
  private isEscaped = false;
  private textBytes = 0;
  private hash = 0;

  /**
   * @param chunk what comes next
   * @throws AppError request.invalid, request.too_large
   */
  add(chunk: Buffer): void {
    let i = this.isInText ? this.endOfText(chunk, 0) : 0;
    for (; i < chunk.length; i++) {
      const byte = chunk[i];
      // Numbers, of which there are most.
      if (byte > COMMA && byte < COLON) continue;
      if (byte === QUOTE) {
        this.textBytes = this.hash = 0;
        i = this.endOfText(chunk, i + 1) - 1;
      } else if (byte === COMMA) this.comma();
      else if (byte === COLON) this.key();
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.open(byte === OPEN_BRACKET);
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && this.level > 0) this.level--;
    }
  }

  /** Reads on in a text from `from`. @returns the place behind its closing quote, or behind the chunk */
  private endOfText(chunk: Buffer, from: number): number {
    const end = Math.min(chunk.length, from + LONG_TEXT_BYTES - this.textBytes);
    let { hash, isEscaped } = this;
    this.isInText = true;
    let i = from;
    for (; i < end && this.isInText; i++) {
      const byte = chunk[i];
      if (byte === QUOTE && !isEscaped) this.isInText = false;
      else hash = Math.imul(hash ^ byte, MULTIPLIER);
      isEscaped = byte === BACKSLASH && !isEscaped;
    }
    this.hash = hash;
    this.isEscaped = isEscaped;
    if (i > from) this.textBytes += i - from;
    if (!this.isInText) return i;
    return this.endOfLongText(chunk, i);
  }

  /** From quote to quote: 64 MiB of one text would take a tenth of a second byte by byte. */
  private endOfLongText(chunk: Buffer, from: number): number {
    let i = from;
    while (i < chunk.length && this.isInText) {
      const quote = chunk.indexOf(QUOTE, i);
      const end = quote === -1 ? chunk.length : quote;
      let slashes = 0;
      while (end - slashes > i && chunk[end - slashes - 1] === BACKSLASH) slashes++;
      // The text before `i` ends with a backslash that takes the first of these, or the quote.
      if (this.isEscaped && slashes === end - i) slashes++;
      this.isEscaped = slashes % 2 === 1 && quote === -1;
      this.isInText = quote === -1 || slashes % 2 === 1;
      i = quote === -1 ? end : quote + 1;
    }
    this.textBytes += i - from;
    if (this.textBytes > MOST.textBytes)
      throw tooLarge(`A text in a request may have at most ${MOST.textBytes} bytes.`);
    return i;
  }

  private comma(): void {
    this.values++;
    const items = ++this.commas[this.level] + 1;
    if (items > MOST.items && this.lists[this.level])
      throw tooLarge(
        `A list in a request may have at most ${MOST.items} items. Send them in several requests.`,
      );
    if (this.values > MOST.values) throw invalid(`The body has more than ${MOST.values} values.`);
  }

  /** The text before was one. */
  private key(): void {
    const place = this.hash >>> (32 - KEY_BITS);
    const bit = 1 << (place & 7);
    const isKnown = (this.seen[place >>> 3] & bit) !== 0 && this.textBytes < LONG_TEXT_BYTES;
    if (isKnown) return;
    this.seen[place >>> 3] |= bit;
    if (++this.keys > MOST.keys) throw invalid(`The body has more than ${MOST.keys} different keys.`);
  }

  private open(isList: boolean): void {
    if (++this.level > MOST.depth) throw invalid(`The body is nested deeper than ${MOST.depth} levels.`);
    this.commas[this.level] = 0;
    this.lists[this.level] = isList;
    if (++this.containers > MOST.containers)
      throw invalid(`The body has more than ${MOST.containers} objects and lists.`);
  }
}

const invalid = (detail: string) => new AppError('request.invalid', { detail });
const tooLarge = (detail: string) => new AppError('request.too_large', { detail });
