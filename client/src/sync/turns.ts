/** One piece of work at a time, in the order of the calls; a failed one does not stop the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // Whoever called hears of the failure; the next turn only waits for the end.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
