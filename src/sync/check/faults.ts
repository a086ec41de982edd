/** Something that must not be, and where. */
export interface Fault {
  /** A collection, or what else the fault is about. */
  place: string;
  /** The server id of the record, where it is about one. */
  recordId?: string;
  what: string;
}

/** Where everything is wrong, nobody reads more. */
const MAX = 1000;

/** What was found in one account, within bounds. */
export class Faults {
  readonly list: Fault[] = [];
  private more = 0;

  add(fault: Fault): void {
    if (this.list.length < MAX) this.list.push(fault);
    else this.more++;
  }

  all(): readonly Fault[] {
    if (this.more === 0) return this.list;
    return [...this.list, { place: 'account', what: `there are ${this.more} more faults` }];
  }
}
