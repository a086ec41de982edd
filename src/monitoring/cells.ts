/** A number that only grows. */
export class Count {
  value = 0;

  add(more = 1): void {
    this.value += more;
  }
}

/** How many values were at most each bound, and their sum. */
export class Spread {
  sum = 0;
  /** How many values fell between a bound and the one before it; the last place is for those beyond all bounds. */
  readonly places: Float64Array;

  /** @param bounds from small to large */
  constructor(readonly bounds: readonly number[]) {
    this.places = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let place = 0;
    while (place < bounds.length && value > bounds[place]) place++;
    this.places[place]++;
    this.sum += value;
  }
}
