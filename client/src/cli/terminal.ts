import type { Readable, Writable } from 'node:stream';

export type Output = Writable & { isTTY?: boolean; columns?: number };
export type Input = Readable & { isTTY?: boolean };

/** Everything the program has of the world outside, so that tests can bring their own. */
export interface Terminal {
  stdin: Input;
  /** Results. */
  stdout: Output;
  /** Progress, questions and what went wrong. */
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C, and a polite request to end. @returns what ends the listening */
  onInterrupt(listener: () => void): () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export const thisTerminal = (): Terminal => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onInterrupt(listener) {
    for (const signal of SIGNALS) process.once(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.removeListener(signal, listener);
    };
  },
});
