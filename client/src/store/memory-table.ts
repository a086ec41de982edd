import type { Json } from './store.js';
import { endOf } from './keys.js';

/** Up to this many changed keys are put in place one by one; beyond, sorting all again is faster. */
const FEW = 32;

/**
 * One table: a map, and its keys in order. The order is repaired only when somebody asks for it, and only for the keys
 * that came or went since.
 */
export class MemoryTable {
  readonly #values: Map<string, Json>;
  #ordered: string[];
  /** Keys that may be missing from `ordered`, or may be there though they are gone. */
  readonly #moved: Set<string>;

  constructor(values: Map<string, Json> = new Map(), ordered: string[] = [], moved: Set<string> = new Set()) {
    this.#values = values;
    this.#ordered = ordered;
    this.#moved = moved;
  }

  /** A table of its own with the same content. Values are shared: nobody ever changes one, they are replaced. */
  copy(): MemoryTable {
    return new MemoryTable(new Map(this.#values), [...this.#ordered], new Set(this.#moved));
  }

  get(key: string): Json | undefined {
    return this.#values.get(key);
  }

  /** Undefined removes. Returns what was there. */
  set(key: string, value: Json | undefined): Json | undefined {
    const before = this.#values.get(key);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    if ((before === undefined) !== (value === undefined)) this.#moved.add(key);
    return before;
  }

  keys(prefix = '', after?: string, limit = Infinity): string[] {
    const { from, to } = this.#bounds(prefix, after);
    return this.#ordered.slice(from, Math.max(from, Math.min(to, from + Math.max(0, limit))));
  }

  count(prefix = ''): number {
    if (prefix === '') return this.#values.size;
    const { from, to } = this.#bounds(prefix);
    return to - from;
  }

  #bounds(prefix: string, after?: string): { from: number; to: number } {
    this.#repairOrder();
    let from = prefix === '' ? 0 : this.#position(prefix);
    if (after !== undefined && after >= prefix) {
      from = this.#position(after);
      if (this.#ordered[from] === after) from++;
    }
    return { from, to: prefix === '' ? this.#ordered.length : this.#position(endOf(prefix)) };
  }

  /** Where a key is, or would be. */
  #position(key: string): number {
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ordered[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #repairOrder(): void {
    if (this.#moved.size === 0) return;
    if (this.#moved.size <= FEW) for (const key of this.#moved) this.#place(key);
    else this.#sort();
    this.#moved.clear();
  }

  #place(key: string): void {
    const at = this.#position(key);
    const isThere = this.#ordered[at] === key;
    if (this.#values.has(key) === isThere) return;
    if (isThere) this.#ordered.splice(at, 1);
    else this.#ordered.splice(at, 0, key);
  }

  /** Two sorted runs one after the other: what JavaScript's sort merges in one pass. */
  #sort(): void {
    const stayed = this.#ordered.filter((key) => !this.#moved.has(key));
    const came = [...this.#moved].filter((key) => this.#values.has(key));
    came.sort(byCode);
    this.#ordered = stayed.concat(came);
    this.#ordered.sort(byCode);
  }
}

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
