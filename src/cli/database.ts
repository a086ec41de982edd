import { parseArgs } from 'node:util';
import { type Action, type Command, UsageError } from './command.js';
import { checkAccounts } from './database-check.js';

const HELP = `Usage:
  database check EMAIL [--samples N]
  database check --all [--from USER_ID] [--samples N] [--digests FILE]

Holds what is stored of every account, or of one, against what the server promises: every head has the hash of its content,
its own client key, a version that the clock has given, and a parent that is there; aliases and references lead somewhere;
every state in the history belongs to a head and says what its hash says; the digest that devices are given is that of the
records; chunks of sensor samples do not overlap, and N of them for each account (2; 0: none) can be read and are what their
index says.

It only reads, one account in one snapshot, and may run beside the server. What is wrong is printed with account and record, and
the exit code is 1. Ctrl-C ends it after the account under way and says how to go on.

--digests writes the digest of every account to FILE, one line each. Two databases whose files are the same show every device
the same: compare with "diff" what was backed up and what was restored.`;

/** `database check [EMAIL | --all] …` */
export const database: Command = {
  name: 'database',
  summary: 'check that what is stored is what is promised',
  help: HELP,
  read(args: string[]): Action {
    const { positionals, values } = parseArgs({
      args,
      options: {
        all: { type: 'boolean', default: false },
        from: { type: 'string' },
        samples: { type: 'string', default: '2' },
        digests: { type: 'string' },
      },
      allowPositionals: true,
    });
    const [verb, email, ...rest] = positionals;
    if (verb !== 'check') throw new UsageError('Say "database check".');
    if (rest.length > 0) throw new UsageError('Name one account at a time, or --all.');
    if ((email !== undefined) === values.all) throw new UsageError('Say which accounts: EMAIL, or --all.');
    if (email !== undefined && (values.from ?? values.digests) !== undefined)
      throw new UsageError('--from and --digests belong to --all.');
    if (!/^\d{1,6}$/.test(values.samples)) throw new UsageError('--samples takes a number.');
    const { from, digests } = values;
    return checkAccounts({ email, from, digests, samples: Number(values.samples) });
  },
};
