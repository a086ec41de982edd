import type { INestApplicationContext } from '@nestjs/common';
import { type Action, type Command, UsageError } from './command.js';
import { restored } from './restored.js';
import { retention } from './retention.js';
import { subscription } from './subscription.js';

const COMMANDS: readonly Command[] = [subscription, restored, retention];

const OVERVIEW = `Usage: npm run cli -- COMMAND

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}

"npm run cli -- COMMAND --help" explains one of them.`;

export interface Outcome {
  exitCode: 0 | 1;
  /** For stdout after success, for stderr otherwise. */
  text: string;
}

/**
 * Reads a command line and does what it says. The modules, and with them the database, are opened only for a line that
 * makes sense, and closed in any case.
 */
export async function runCli(args: string[], open: () => Promise<INestApplicationContext>): Promise<Outcome> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') return { exitCode: 0, text: OVERVIEW };
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) return { exitCode: 1, text: OVERVIEW };
  if (rest.includes('--help') || rest.includes('-h')) return { exitCode: 0, text: command.help };
  try {
    const action = readLine(command, rest);
    return { exitCode: 0, text: await onModules(action, open) };
  } catch (error) {
    if (error instanceof UsageError) return { exitCode: 1, text: error.message };
    throw error;
  }
}

/** `parseArgs` refuses what it does not know with errors of its own. */
function readLine(command: Command, args: string[]): Action {
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

async function onModules(action: Action, open: () => Promise<INestApplicationContext>): Promise<string> {
  const app = await open();
  try {
    return await action(app);
  } finally {
    await app.close();
  }
}
