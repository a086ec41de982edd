const EVERY_MS = { terminal: 100, file: 10_000 } as const;

/** What a command that takes its time may use to tell of it, and to be told to stop. */
export interface Run {
  /** A line for stdout, as soon as it is known. */
  say(line: string): void;
  /** How far the work is, for stderr; called as often as there is something new. */
  progress(text: string): void;
  /**
   * Aborted by Ctrl-C or SIGTERM; the second one ends the process at once. Whoever takes it looks at it between two steps,
   * and says how to go on.
   */
  interruption(): AbortSignal;
}

export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** The process, as far as it is told to stop. */
export interface Host {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
}

/** The terminal, or the files it was sent to: progress rewrites its line on a terminal, else it comes every ten seconds. */
export class TerminalRun implements Run {
  private shownAt: number;
  private shown = '';
  private readonly stop = new AbortController();
  private listening = false;

  constructor(
    private readonly out: Output = process.stdout,
    private readonly err: Output = process.stderr,
    private readonly now: () => number = () => performance.now(),
    private readonly host: Host = process,
  ) {
    // The first word comes at once on a terminal; a log is spared it where the work is short.
    this.shownAt = err.isTTY ? -Infinity : now();
  }

  say(line: string): void {
    this.clear();
    this.out.write(`${line}\n`);
  }

  progress(text: string): void {
    const { isTTY } = this.err;
    if (this.now() - this.shownAt < (isTTY ? EVERY_MS.terminal : EVERY_MS.file)) return;
    this.shownAt = this.now();
    if (!isTTY) {
      this.err.write(`${text}\n`);
      return;
    }
    this.clear();
    this.shown = text;
    this.err.write(text);
  }

  interruption(): AbortSignal {
    if (!this.listening) {
      this.listening = true;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) this.host.on(signal, this.interrupt);
    }
    return this.stop.signal;
  }

  /** Takes the progress from the terminal, so that what follows begins on a line of its own. */
  clear(): void {
    if (this.shown === '') return;
    this.err.write(`\r${' '.repeat(this.shown.length)}\r`);
    this.shown = '';
  }

  private readonly interrupt = (): void => {
    if (this.stop.signal.aborted) {
      this.host.exit(130);
      return;
    }
    this.clear();
    this.err.write('finishing what is under way; once more ends it at once\n');
    this.stop.abort();
  };
}
