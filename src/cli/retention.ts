import { parseArgs } from 'node:util';
import { RetentionService, type RetentionCounts } from '../retention/retention.service.js';
import { type Action, type Command, UsageError } from './command.js';

const HELP = `Usage:
  retention run [--dry-run]

Lets go of what is past its time, in all accounts: contents in the history (HISTORY_FULL_DAYS, after that one a month
stays), refused records (QUARANTINE_DAYS), cursors of devices, sign-ins and tokens that have expired. The server does the
same by itself, each account about once in four weeks, unless RETENTION_SCHEDULE is off.

--dry-run counts what would go, and changes nothing. Ctrl-C stops after the transaction in hand; run it again to go on.`;

/** `retention run [--dry-run]` */
export const retention: Command = {
  name: 'retention',
  summary: 'let go of what is past its time',
  help: HELP,
  read(args: string[]): Action {
    const { positionals, values } = parseArgs({
      args,
      options: { 'dry-run': { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.join(' ') !== 'run') throw new UsageError('Say "retention run".');
    const dryRun = values['dry-run'];
    return async (app, run) => {
      const counts = await app.get(RetentionService).run({
        dryRun,
        signal: run.interruption(),
        progress: (counted) => run.progress(describe(counted)),
      });
      if (counts === null)
        throw new UsageError('Another process is at it; if it was killed, try again in ten minutes.');
      const text = `${dryRun ? 'Would go' : 'Gone'}: ${describe(counts)}`;
      if (counts.finished) return text;
      return { exitCode: 130, text: `${text}\nStopped before the end: run it again to go on.` };
    };
  },
};

function describe({ accounts, busy, removed }: RetentionCounts): string {
  const { history, quarantine, cursors, refreshTokens, signIns } = removed;
  return (
    `${history} contents of the history, ${quarantine} refused records, ${cursors} cursors, ` +
    `${refreshTokens} refresh tokens, ${signIns} sign-ins, in ${accounts} accounts` +
    (busy > 0 ? ` (${busy} were busy)` : '')
  );
}
