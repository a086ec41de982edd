import { PortalError } from '../api/portal-error.js';
import { CommandFailed, UsageError } from './failures.js';

/** What went wrong, for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof CommandFailed) return error.message;
  if (error instanceof PortalError) {
    const faults = (error.errors ?? []).map(({ message }) => `${message}.`);
    return [`${error.title} (${error.code}).`, ...faults].join(' ');
  }
  return `This should not have happened: ${String(error)}\nWith --debug it tells more.`;
}

/** What went wrong, for developers: every cause with its stack. */
export function storyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const story = error.stack ?? error.message;
  return error.cause === undefined ? story : `${story}\nbecause of ${storyOf(error.cause)}`;
}
