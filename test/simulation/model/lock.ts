/** The lock of one account's clock: pushes of one account go one after the other, in the order they came. */
export class ClockLock {
  private readonly waiting: (() => void)[] = [];
  private isHeld = false;

  async take(): Promise<void> {
    if (this.isHeld) await new Promise<void>((go) => this.waiting.push(go));
    this.isHeld = true;
  }

  release(): void {
    const next = this.waiting.shift();
    // Handed on without being free in between, so that nobody can slip in.
    if (next) next();
    else this.isHeld = false;
  }
}
