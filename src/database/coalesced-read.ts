import { inSpan, type Place, placeOfNow } from '../monitoring/tracing.js';
import type { Sql } from './sql.js';

/** A statement waits for the one before it, so that more reads gather, but no longer than this: that one may hang. */
const GATHER_MS = 5;
/** The keys of one statement: beyond this a second one begins, so that no answer waits for hundreds of others. */
const KEYS_MAX = 128;

interface Waiting<Key, Row> {
  key: Key;
  found: (row: Row | undefined) => void;
  failed: (error: unknown) => void;
  place: Place;
}

/**
 * Reads of at most one row each, by a key of several parts of which the owner is the first, gathered into few statements: one at the end of a turn of the
 * event loop, and under load one when the one before it has been answered. A statement is sent after the last of its reads
 * was asked for, so each sees what it would have seen alone; nothing is kept. Every part of a key must be valid for its
 * column: a statement that fails, fails for all who are in it.
 *
 * Measured with 32 phones that ask for news, beside a server that sent each read by itself: 160 µs of CPU for an answer
 * instead of 390, of which PostgreSQL's part 35 instead of 150.
 */
export class CoalescedRead<
  Key extends readonly [userId: string, ...unknown[]],
  Row extends readonly unknown[],
> {
  private waiting: Waiting<Key, Row>[] = [];
  private underWay = 0;
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param statement its parameters are one array for each part of the key; the first column of its rows is the place of
   * the key they belong to, counted from 1 (`with ordinality`).
   */
  constructor(
    private readonly database: { of(userIds: readonly string[]): Sql },
    private readonly statement: { name: string; text: string },
  ) {}

  read(key: Key): Promise<Row | undefined> {
    return new Promise((found, failed) => {
      this.waiting.push({ key, found, failed, place: placeOfNow() });
      if (this.waiting.length === KEYS_MAX) void this.send();
      else if (this.waiting.length === 1) this.gather();
    });
  }

  private gather(): void {
    if (this.underWay === 0) setImmediate(() => void this.send());
    else this.timer ??= setTimeout(() => void this.send(), GATHER_MS);
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const asked = this.waiting;
    if (asked.length === 0) return;
    this.waiting = [];
    this.underWay++;
    try {
      await inSpan(
        this.statement.name,
        () => this.answer(asked),
        // Done for all of them; shown with the first.
        () => ({ places: asked.map(({ place }) => place) }),
      );
    } catch (error) {
      for (const { failed } of asked) failed(error);
    } finally {
      this.underWay--;
    }
    if (this.underWay === 0) void this.send();
  }

  private async answer(asked: readonly Waiting<Key, Row>[]): Promise<void> {
    const parts = asked[0]?.key.length ?? 0;
    const owners = asked.map(({ key: [userId] }) => userId);
    const rows = await this.database.of(owners).query<[place: string, ...Row]>({
      ...this.statement,
      rowMode: 'array',
      values: Array.from({ length: parts }, (_, part) => asked.map(({ key }) => key[part])),
    });
    const found = new Map(rows.map(([place, ...row]) => [Number(place), row as unknown as Row]));
    asked.forEach((entry, index) => entry.found(found.get(index + 1)));
  }
}
