import type { Collections } from './collections.js';

/** What an answer says before its records. */
export interface Head {
  syncTime: number;
  hasMore: boolean;
  resync: boolean;
  epoch: number;
}

export type RecordRow = [place: number, record: string];

/** Puts rows that come collection by collection into the sections of an answer. Every promised key is always there. */
export class AnswerWriter {
  private place = -1;
  private empty = true;

  constructor(
    private readonly head: Head,
    private readonly collections: Collections,
  ) {}

  begin(): string {
    return JSON.stringify(this.head).slice(0, -1);
  }

  rows(rows: readonly RecordRow[]): string {
    let text = '';
    for (const [place, record] of rows) {
      // The sections were promised in this order; a planner that read them otherwise must not spoil an answer.
      if (place < this.place) throw new Error('the sections of a pull came out of order');
      while (this.place < place) text += this.nextSection();
      text += this.empty ? record : `,${record}`;
      this.empty = false;
    }
    return text;
  }

  end(): string {
    let text = '';
    while (this.place < this.collections.all().length) text += this.nextSection();
    return `${text}}`;
  }

  private nextSection(): string {
    const sections = this.collections.all();
    const before = sections[this.place];
    const closing = !before ? '' : before.isSingleton ? (this.empty ? 'null' : '') : ']';
    this.place++;
    this.empty = true;
    const next = sections[this.place];
    return `${closing}${next ? `,${JSON.stringify(next.name)}:${next.isSingleton ? '' : '['}` : ''}`;
  }
}
