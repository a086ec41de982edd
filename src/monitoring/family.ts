type Values<L extends string> = Readonly<Record<L, string>>;

/**
 * The cells of one metric, one for each combination of labels. Who counts often keeps its cell. Labels must come from what
 * the program knows (routes, codes, collections), never from what a request says: each combination lives for ever.
 */
export class Family<L extends string, Cell> {
  private readonly cells = new Map<string, { labels: Values<L>; cell: Cell }>();

  constructor(
    private readonly names: readonly L[],
    private readonly make: () => Cell,
  ) {}

  of(labels: Values<L>): Cell {
    const key = this.names.map((name) => labels[name]).join('\n');
    let entry = this.cells.get(key);
    if (!entry) {
      entry = { labels, cell: this.make() };
      this.cells.set(key, entry);
    }
    return entry.cell;
  }

  map<T>(see: (labels: Values<L>, cell: Cell) => T): T[] {
    return Array.from(this.cells.values(), ({ labels, cell }) => see(labels, cell));
  }
}
