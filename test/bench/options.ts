import { parseArgs } from 'node:util';

export interface BenchOptions {
  jobs: readonly string[] | null;
  rows: number;
  rounds: number;
  seconds: number;
  database: string | undefined;
  out: string | undefined;
  compare: string | undefined;
  /** Folder for CPU profiles of our server. */
  profile: string | undefined;
  /** Also what only the plots need. */
  plots: boolean;
  /** Nothing is measured: the document is written from this report. */
  document: string | undefined;
}

/** The command line was wrong: the message says it all. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @throws UsageError */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} must be a number above 0, not ${text}`);
  return value;
}

/** @throws UsageError */
export function readOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      job: { type: 'string' },
      rows: { type: 'string', default: '1e6' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      database: { type: 'string' },
      out: { type: 'string' },
      compare: { type: 'string' },
      profile: { type: 'string' },
      plots: { type: 'boolean', default: false },
      document: { type: 'string' },
    },
  });
  const jobs = values.job?.split(',') ?? null;
  for (const job of jobs ?? [])
    if (!known.includes(job)) throw new UsageError(`there is no job ${job}; there are ${known.join(', ')}`);
  return {
    jobs,
    rows: positive('rows', values.rows),
    rounds: Math.ceil(positive('rounds', values.rounds)),
    seconds: positive('seconds', values.seconds),
    database: values.database,
    out: values.out,
    compare: values.compare,
    profile: values.profile,
    plots: values.plots,
    document: values.document,
  };
}
