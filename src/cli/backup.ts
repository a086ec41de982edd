import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Env } from '../config/env.js';
import { withBaseBackup } from '../database/base-backup.js';
import { writeBackupFile } from '../database/backup-file.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { type Command, type Outcome, type Standalone, UsageError } from './command.js';
import type { Run } from './run-context.js';

const HELP = `Usage:
  backup FILE

Writes a copy of the embedded database to FILE, such as phoenix-2027-01-31.tar.gz, while the server goes on working. The copy is
the database as it is when the command ends: PostgreSQL's own base backup, with the log that belongs to it and checksums of
every file. FILE appears when it is whole and on the disk; a FILE that is there already is refused.

Keep JWT_SECRET with it (outside production: DATA_DIR/jwt.secret), and keep both from strangers: all data of all accounts is in it.
"restore FILE --check" looks through a backup, "restore FILE" makes it the database.

A PostgreSQL of your own (DATABASE_URL) is backed up by its own means; see docs/operations/backup.md.`;

export const OWN_DATABASE = `DATABASE_URL names a PostgreSQL of your own; this command is for the embedded one. Back yours up with its own means:
  pg_dump --format=custom --file=portal.dump "$DATABASE_OWNER_URL"
  pg_restore --clean --if-exists --no-owner --dbname="$DATABASE_OWNER_URL" portal.dump, then: npm run cli -- restored
Continuous archiving (pgBackRest, barman, WAL-G) loses less. docs/operations/backup.md says more.`;

const MEBIBYTE = 1024 * 1024;

/** `backup FILE` */
export const backup: Command = {
  name: 'backup',
  summary: 'copy the embedded database to a file, while it works',
  help: HELP,
  read(args: string[]): Standalone {
    const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('Name one file: "backup FILE".');
    return { standalone: (env, run) => writeBackup(env, run, file) };
  },
};

async function writeBackup(env: Env, run: Run, file: string): Promise<Outcome> {
  if (env.databaseUrl !== '') throw new UsageError(OWN_DATABASE);
  if (fs.existsSync(file)) throw new UsageError(`${file} is there already.`);
  if (!fs.existsSync(path.dirname(path.resolve(file))))
    throw new UsageError(`There is no folder ${path.dirname(path.resolve(file))}.`);
  const signal = run.interruption();
  const server = await EmbeddedPostgres.start({ dataDir: env.dataDir, log: (line) => run.progress(line) });
  try {
    const progress = (share: number) =>
      run.progress(`${Math.min(100, Math.round(share * 100))} % of the database`);
    const size = await withBaseBackup(server.ownerUrl, { progress, signal }, (archive) =>
      writeBackupFile(archive, file),
    );
    return {
      exitCode: 0,
      text: `${file}: ${(size / MEBIBYTE).toFixed(1)} MiB. Keep it together with JWT_SECRET.`,
    };
  } catch (error) {
    if (signal.aborted) return { exitCode: 130, text: 'Interrupted: there is no backup.' };
    throw error;
  } finally {
    await server.stop();
  }
}
