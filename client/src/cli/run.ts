import { parseArgs } from 'node:util';
import type { Call, Command, OptionDeclarations } from './command.js';
import { UsageError } from './failures.js';
import { COMMANDS, similarTo } from './commands.js';
import { helpOf, overview } from './help.js';
import { openPhone, type Phone } from './phone.js';
import { sentenceOf, storyOf } from './sentences.js';
import type { Terminal } from './terminal.js';

/** What every command understands. */
const COMMON: OptionDeclarations = {
  phone: { type: 'string' },
  data: { type: 'string' },
  offline: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Reads a command line and does what it says. @returns the exit code */
export async function runLine(args: string[], terminal: Terminal): Promise<number> {
  try {
    const { command, rest } = findCommand(args);
    if (command === undefined) return write(terminal, overview(COMMANDS));
    const { values, positionals } = parse(rest, { ...COMMON, ...command.options });
    if (values.help === true) return write(terminal, helpOf(command));
    return await perform(command, positionals, values, terminal);
  } catch (error) {
    terminal.stderr.write(`${sentenceOf(error)}\n`);
    if (args.includes('--debug')) terminal.stderr.write(`${storyOf(error)}\n`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

function write({ stdout }: Terminal, text: string): number {
  stdout.write(`${text}\n`);
  return 0;
}

/** The first word that belongs to no option is the command; `help` hands on to the next one. */
function findCommand(args: string[]): { command?: Command; rest: string[] } {
  const { tokens } = parseArgs({
    args,
    options: COMMON,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const at = tokens.find(({ kind }) => kind === 'positional')?.index;
  const name = at === undefined ? undefined : args[at];
  if (at === undefined || name === undefined) {
    // Not for its result: an option that nobody knows is told of.
    parse(args, COMMON);
    return { rest: [] };
  }
  const rest = [...args.slice(0, at), ...args.slice(at + 1)];
  if (name === 'help') {
    const { command } = findCommand(rest);
    return command === undefined ? { rest: [] } : { command, rest: ['--help'] };
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined)
    throw new UsageError(
      `There is no command “${name}”.${similarTo(name)} “phoenix-sync help” lists the commands.`,
    );
  return { command, rest };
}

/** `parseArgs` refuses what it does not know with errors of its own. */
function parse(args: string[], options: OptionDeclarations) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    if (error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS'))
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

const textOf = (value: Call['options'][string]) => (typeof value === 'string' ? value : undefined);

const chosenPhone = ({ phone, data, offline }: Call['options'], { env }: Terminal) => ({
  name: textOf(phone) ?? env.PHOENIX_PHONE ?? 'phone',
  folder: textOf(data) ?? env.PHOENIX_DATA,
  isOffline: offline === true,
});

async function perform(
  command: Command,
  words: string[],
  options: Call['options'],
  terminal: Terminal,
): Promise<number> {
  let opened: Promise<Phone> | undefined;
  const call: Call = {
    words,
    options,
    terminal,
    phone: () => (opened ??= openPhone(chosenPhone(options, terminal))),
    say: (line) => void terminal.stdout.write(`${line}\n`),
  };
  try {
    return (await command.run(call)) ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message}\n“phoenix-sync help ${command.name}” explains it.`, {
      cause: error,
    });
  } finally {
    // A phone that could not be opened has been told of by the command.
    const phone = await opened?.catch(() => undefined);
    await phone?.close();
  }
}
