import type { INestApplicationContext } from '@nestjs/common';
import type { Env } from '../config/env.js';
import type { Run } from './run-context.js';

/** What the operator got wrong, in one plain sentence: printed as it is, exit code 1. */
export class UsageError extends Error {}

/** `130`: the operator interrupted it. */
export interface Outcome {
  exitCode: 0 | 1 | 130;
  /** For stdout after success, for stderr otherwise. */
  text: string;
}

/** Does the work on the opened modules and says in plain words what it did. @throws UsageError */
export type Action = (app: INestApplicationContext, run: Run) => Promise<string | Outcome>;

/** Work on the database as a whole, for which the modules must not be opened. */
export interface Standalone {
  standalone(env: Env, run: Run): Promise<string | Outcome>;
}

/** One word of the command line. */
export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  help: string;
  /** Reads the rest of the line before anything is opened. @throws UsageError */
  read(args: string[]): Action | Standalone;
}
