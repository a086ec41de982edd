import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { MAX_UPLOAD_SAMPLES } from '../common/upload-limits.js';
import { Varieties } from './varieties.js';

/**
 * What a body may be made of, above what 64 MiB of records have. V8 parses ordinary records at 3 ns a byte, but 28 MiB of
 * `[],[],` took 4 s and 1 GB, as much of numbers 0.7 s, a million different keys 0.7 to 2.7 s, 590,000 objects with the same
 * ten keys in ever other orders 4.2 s, and nobody else is answered meanwhile. The dearest found that these bounds let
 * through, 64 MiB of numbers of 26 digits, takes 1.1 s. Depth bounds the recursion of everything that walks a body later; it is
 * far above what a record may nest, so that one record that is too deep is refused alone by the push. So is one whose text is
 * too long, unless it is far too long.
 */
const MOST = {
  depth: 500,
  items: MAX_UPLOAD_SAMPLES,
  containers: 600_000,
  values: 6_000_000,
  keys: 50_000,
  /** Orders of keys: each beginning of one is a hidden class to V8. 20,000 records with and without each of 20 keys have fewer. */
  orders: 400_000,
  /** Different texts of up to 16 bytes: V8 looks each up among all it knows. Ids are longer. */
  shortTexts: 400_000,
  numericKeys: 100_000,
  textBytes: 16 * MIB,
} as const;

const SHORT_TEXT_BYTES = 16;
/** Longer texts are not told apart: as keys, each counts. */
const HASHED_BYTES = 256;

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Looks at a JSON text as it comes, at 2 ns a byte of records, and refuses it before it is parsed, or has come whole, when parsing would
 * cost too much. It builds nothing and does not see whether the text is JSON: of any other the counts mean nothing, and parsing
 * ends at the first mistake.
 */
export class JsonBounds {
  private readonly varieties = new Varieties();
  /** Of each container that is open: commas so far, whether it is a list, and a hash of its keys so far. */
  private readonly commas: number[] = [0];
  private readonly lists: boolean[] = [false];
  private readonly orders: number[] = [0];
  private level = 0;
  private containers = 0;
  private values = 0;
  private numericKeys = 0;
  private isInText = false;
  private isEscaped = false;
  private textBytes = 0;
  private textBegins = 0;
  private hash = 0;

  /**
   * @param chunk what comes next
   * @throws AppError request.invalid, request.too_large
   */
  add(chunk: Uint8Array): void {
    let i = this.isInText ? this.restOfText(chunk, 0) : 0;
    for (; i < chunk.length; i++) {
      const byte = chunk[i];
      // Numbers, of which there are most.
      if (byte > COMMA && byte < COLON) continue;
      if (byte === QUOTE) {
        this.textBytes = this.hash = 0;
        i = this.restOfText(chunk, i + 1) - 1;
      } else if (byte === COMMA) this.comma();
      else if (byte === COLON) this.key();
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.open(byte === OPEN_BRACKET);
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && this.level > 0) this.level--;
    }
  }

  /** Reads on in a text from `from`. @returns the place behind its closing quote, or behind the chunk */
  private restOfText(chunk: Uint8Array, from: number): number {
    const { multiplier } = this.varieties;
    let { hash, isEscaped } = this;
    let isInText = true;
    if (this.textBytes === 0 && from < chunk.length) this.textBegins = chunk[from];
    const hashedEnd = from + HASHED_BYTES - this.textBytes;
    let i = from;
    for (; i < chunk.length && isInText; i++) {
      const byte = chunk[i];
      if (byte === QUOTE && !isEscaped) isInText = false;
      else if (i < hashedEnd) hash = Math.imul(hash ^ byte, multiplier);
      isEscaped = byte === BACKSLASH && !isEscaped;
    }
    this.hash = hash;
    this.isEscaped = isEscaped;
    this.isInText = isInText;
    this.textBytes += i - from;
    if (!isInText) this.endText();
    // Its quote is among them.
    if (this.textBytes > MOST.textBytes + 1)
      throw tooLarge(`A text in a request may have at most ${MOST.textBytes} bytes.`);
    return i;
  }

  private endText(): void {
    if (this.textBytes > SHORT_TEXT_BYTES + 1) return;
    if (this.varieties.texts.add(this.hash) > MOST.shortTexts)
      throw invalid(`The body has more than ${MOST.shortTexts} different short texts.`);
  }

  private comma(): void {
    const items = ++this.commas[this.level] + 1;
    if (items > MOST.items && this.lists[this.level])
      throw tooLarge(
        `A list in a request may have at most ${MOST.items} items. Send them in several requests.`,
      );
    if (++this.values > MOST.values) throw invalid(`The body has more than ${MOST.values} values.`);
  }

  /** The text before was one. */
  private key(): void {
    const { keys, orders, multiplier } = this.varieties;
    const { level, hash } = this;
    const isLong = this.textBytes > HASHED_BYTES;
    if ((isLong ? keys.count() : keys.add(hash)) > MOST.keys)
      throw invalid(`The body has more than ${MOST.keys} different keys.`);
    const order = (this.orders[level] = Math.imul(this.orders[level] ^ hash, multiplier) ^ (hash >>> 15));
    if (orders.add(order) > MOST.orders)
      throw invalid(`The objects of the body have more than ${MOST.orders} different orders of keys.`);
    if (this.textBegins >= ZERO && this.textBegins <= NINE && ++this.numericKeys > MOST.numericKeys)
      throw invalid(`The body has more than ${MOST.numericKeys} keys that begin with a digit.`);
  }

  private open(isList: boolean): void {
    const level = ++this.level;
    if (level > MOST.depth) throw invalid(`The body is nested deeper than ${MOST.depth} levels.`);
    this.commas[level] = this.orders[level] = 0;
    this.lists[level] = isList;
    if (++this.containers > MOST.containers)
      throw invalid(`The body has more than ${MOST.containers} objects and lists.`);
  }
}

const invalid = (detail: string) => new AppError('request.invalid', { detail });
const tooLarge = (detail: string) => new AppError('request.too_large', { detail });
