import type { INestApplicationContext } from '@nestjs/common';
import { loadEnv } from '../config/load-env.js';
import type { Env } from '../config/env.js';
import { type Action, type Command, type Outcome, type Standalone, UsageError } from './command.js';
import { backup } from './backup.js';
import { citusDistribute } from './citus.js';
import { database } from './database.js';
import { devices } from './devices.js';
import { quarantine } from './quarantine.js';
import { restore } from './restore.js';
import { restored } from './restored.js';
import { retention } from './retention.js';
import { type Run, TerminalRun } from './run-context.js';
import { subscription } from './subscription.js';
import { users } from './users.js';

const COMMANDS: readonly Command[] = [
  users,
  subscription,
  devices,
  quarantine,
  database,
  backup,
  restore,
  restored,
  retention,
  citusDistribute,
];

const OVERVIEW = `Usage: npm run cli -- COMMAND

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`).join('\n')}

"npm run cli -- COMMAND --help" explains one of them.`;

/** What a command finds around it. */
export interface Surroundings {
  run?: Run;
  env?: () => Env;
}

/**
 * Reads a command line and does what it says. The modules, and with them the database, are opened only for a line that
 * makes sense, and closed in any case.
 */
export async function runCli(
  args: string[],
  open: () => Promise<INestApplicationContext>,
  { run = new TerminalRun(), env = loadEnv }: Surroundings = {},
): Promise<Outcome> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') return { exitCode: 0, text: OVERVIEW };
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) return { exitCode: 1, text: OVERVIEW };
  if (rest.includes('--help') || rest.includes('-h')) return { exitCode: 0, text: command.help };
  try {
    const action = readLine(command, rest);
    const done =
      'standalone' in action ? await action.standalone(env(), run) : await onModules(action, open, run);
    return typeof done === 'string' ? { exitCode: 0, text: done } : done;
  } catch (error) {
    if (error instanceof UsageError) return { exitCode: 1, text: error.message };
    throw error;
  }
}

/** `parseArgs` refuses what it does not know with errors of its own. */
function readLine(command: Command, args: string[]): Action | Standalone {
  try {
    return command.read(args);
  } catch (error) {
    if (isParseFault(error)) throw new UsageError(`${error.message}\n\n${command.help}`);
    throw error;
  }
}

const isParseFault = (error: unknown): error is Error =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  String(error.code).startsWith('ERR_PARSE_ARGS');

async function onModules(action: Action, open: () => Promise<INestApplicationContext>, run: Run) {
  const app = await open();
  try {
    return await action(app, run);
  } finally {
    await app.close();
  }
}
