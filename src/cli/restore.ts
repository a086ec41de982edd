import fs from 'node:fs';
import { parseArgs } from 'node:util';
import type { Env } from '../config/env.js';
import { readBackup } from '../database/backup-archive.js';
import { RestoreRefused, restoreBackup } from '../database/restore-backup.js';
import { BadArchive } from '../database/tar.js';
import { OWN_DATABASE } from './backup.js';
import { type Command, type Outcome, type Standalone, UsageError } from './command.js';
import { NEW_EPOCH } from './restored.js';
import type { Run } from './run-context.js';

const HELP = `Usage:
  restore FILE [--force]   make a backup the embedded database; the server must be stopped
  restore FILE --check     look through a backup: is every file what was backed up? Changes nothing

FILE is what "backup" wrote. A database that is there already is left alone, unless --force is said: then it is put aside, beside the
restored one, where it can be looked at or removed.

The restored database begins a new epoch, as "restored" would declare: phones push what they have synced since the backup
again. Start the server afterwards; it migrates a backup of an older version.`;

/** `restore FILE [--force | --check]` */
export const restore: Command = {
  name: 'restore',
  summary: 'make a backup the embedded database, or check one',
  help: HELP,
  read(args: string[]): Standalone {
    const { positionals, values } = parseArgs({
      args,
      options: {
        force: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('Name one file: "restore FILE".');
    if (values.force && values.check)
      throw new UsageError('--check changes nothing: there is nothing to force.');
    return {
      standalone: async (env, run) => {
        if (!fs.existsSync(file)) throw new UsageError(`There is no file ${file}.`);
        return interruptible(run, () =>
          values.check ? check(run, file) : makeCurrent(env, run, file, values.force),
        );
      },
    };
  },
};

async function interruptible(run: Run, work: () => Promise<string>): Promise<Outcome> {
  const signal = run.interruption();
  try {
    return { exitCode: 0, text: await work() };
  } catch (error) {
    if (signal.aborted) return { exitCode: 130, text: 'Interrupted: nothing was changed.' };
    if (error instanceof BadArchive) throw new UsageError(`This backup cannot be used: ${error.message}.`);
    if (error instanceof RestoreRefused) throw new UsageError(error.message);
    throw error;
  }
}

const progressOf = (run: Run) => (share: number) =>
  run.progress(`${Math.round(share * 100)} % of the backup`);

async function check(run: Run, file: string): Promise<string> {
  const { bytes } = await readBackup(file, { progress: progressOf(run), signal: run.interruption() });
  return `${file} is whole: ${(bytes / 1024 / 1024).toFixed(1)} MiB of files, each as it was backed up.`;
}

async function makeCurrent(
  { databaseUrl, dataDir }: Env,
  run: Run,
  file: string,
  force: boolean,
): Promise<string> {
  if (databaseUrl !== '') throw new UsageError(OWN_DATABASE);
  let epoch = '';
  const aside = await restoreBackup({
    dataDir,
    file,
    force,
    progress: progressOf(run),
    signal: run.interruption(),
    log: (line) => run.progress(line),
    prepare: async (client) => {
      const { rows } = await client.query<{ epoch: string }>(NEW_EPOCH);
      epoch = rows[0].epoch;
    },
  });
  const kept =
    aside === null ? '' : `\nThe database that was there is in ${aside}; remove it when you are sure.`;
  return `Restored. The new epoch is ${epoch}: every phone will push everything again.${kept}`;
}
