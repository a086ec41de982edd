import type { Command } from './command.js';
import { columns } from './table.js';

const COMMON_HELP: readonly [string, string][] = [
  ['--phone NAME', 'which phone this is (default “phone”, or $PHOENIX_PHONE); each is a device of its own'],
  ['--data FOLDER', 'where phones are kept (default ~/.phoenix-sync, or $PHOENIX_DATA)'],
  ['--offline', 'there is no network for this command'],
  ['--debug', 'tell where an error came from'],
];

/** What every command understands, and all commands. */
export function overview(commands: readonly Command[]): string {
  return [
    'A phone of the Phoenix portal on the command line. It works without a network; sync brings it up to date.',
    '',
    'Usage: phoenix-sync COMMAND …',
    '',
    columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'With every command:',
    columns(COMMON_HELP),
    '',
    '“phoenix-sync help COMMAND” explains one of them. An ID may be cut short, or be the name of the record, or “last”.',
  ].join('\n');
}

export function helpOf({ name, summary, usage, details, optionHelp = {} }: Command): string {
  const forms = usage.map((form) => `  phoenix-sync ${name}${form === '' ? '' : ` ${form}`}`);
  const options = Object.entries(optionHelp);
  return [
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    '',
    ...forms,
    ...(details === undefined ? [] : ['', details]),
    ...(options.length === 0 ? [] : ['', columns(options)]),
  ].join('\n');
}
