import type { INestApplicationContext } from '@nestjs/common';

/** What the operator got wrong, in one plain sentence: printed as it is, exit code 1. */
export class UsageError extends Error {}

/** Does the work on the opened modules and says in plain words what it did. @throws UsageError */
export type Action = (app: INestApplicationContext) => Promise<string>;

/** One word of the command line. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  help: string;
  /** Reads the rest of the line before anything is opened. @throws UsageError */
  read(args: string[]): Action;
}
