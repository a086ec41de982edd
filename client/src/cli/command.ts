import type { ParseArgsConfig } from 'node:util';
import { UsageError } from './failures.js';
import type { Phone } from './phone.js';
import type { Terminal } from './terminal.js';

export type OptionDeclarations = NonNullable<ParseArgsConfig['options']>;

/** One command line, taken apart. */
export interface Call {
  words: string[];
  options: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  terminal: Terminal;
  /** The phone this line is about; opened with the first use. */
  phone: () => Promise<Phone>;
  /** Writes a line of the result. */
  say: (line: string) => void;
}

export interface Command {
  name: string;
  /** One line of the list of commands. */
  summary: string;
  /** What may follow the name; a line for each form. */
  usage: readonly string[];
  /** What the summary leaves open. */
  details?: string;
  options?: OptionDeclarations;
  /** One line for each option. */
  optionHelp?: Readonly<Record<string, string>>;
  /** @returns the exit code; nothing means 0 */
  run: (call: Call) => Promise<number | void>;
}

/** A text option, or undefined. */
export function textOption({ options }: Call, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A number given as an option. @throws UsageError */
export function numberOption(
  call: Call,
  name: string,
  fallback: number,
  { min = 1, max = 1e9 } = {},
): number {
  const text = textOption(call, name);
  return text === undefined ? fallback : numberIn(text, `--${name}`, { min, max });
}

/** @throws UsageError */
export function numberIn(
  text: string | undefined,
  what: string,
  { min = -Infinity, max = Infinity } = {},
): number {
  const value = Number(text);
  if (text === undefined || text.trim() === '' || Number.isNaN(value) || value < min || value > max)
    throw new UsageError(`${what} must be a number${rangeText(min, max)}; “${text ?? ''}” is not.`);
  return value;
}

function rangeText(min: number, max: number): string {
  if (Number.isFinite(max)) return ` from ${min} to ${max}`;
  return Number.isFinite(min) ? ` of at least ${min}` : '';
}

/** The words in the order of their names. @throws UsageError if one is missing or too many are there */
export function wordsOf(words: readonly string[], ...names: string[]): string[] {
  if (words.length < names.length) throw new UsageError(`${names[words.length]} is missing.`);
  if (words.length > names.length) throw new UsageError(`“${words[names.length]}” is one word too many.`);
  return [...words];
}
