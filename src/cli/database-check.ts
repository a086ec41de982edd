import fs from 'node:fs';
import { Database } from '../database/database.js';
import { SamplesCheck } from '../metrics/samples-check.js';
import { AccountCheck } from '../sync/check/account-check.js';
import type { Fault } from '../sync/check/faults.js';
import { accountId, accountIds, forEachAccount, interrupted, startingId } from './accounts.js';
import { type Action, type Outcome, UsageError } from './command.js';
import { printable } from './table.js';

export interface CheckOptions {
  email?: string;
  from?: string;
  digests?: string;
  /** How many chunks of each account are opened. */
  samples: number;
}

interface Totals {
  accounts: number;
  heads: number;
  chunks: number;
  faults: number;
}

/** Lines of the file of digests. */
class DigestFile {
  private readonly file: number | null;

  constructor(name: string | undefined, goesOn: boolean) {
    this.file = name === undefined ? null : open(name, goesOn ? 'a' : 'w');
  }

  add(line: object): void {
    if (this.file !== null) fs.writeSync(this.file, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    if (this.file === null) return;
    fs.fsyncSync(this.file);
    fs.closeSync(this.file);
  }
}

function open(name: string, flags: string): number {
  try {
    return fs.openSync(name, flags, 0o600);
  } catch (error) {
    throw new UsageError(`${name} cannot be written: ${(error as Error).message}`);
  }
}

export function checkAccounts({ email, from, digests, samples }: CheckOptions): Action {
  const start = startingId(from);
  return async (app, run) => {
    const database = app.get(Database);
    const accounts = app.get(AccountCheck);
    const chunks = app.get(SamplesCheck);
    const file = new DigestFile(digests, from !== undefined);
    const totals: Totals = { accounts: 0, heads: 0, chunks: 0, faults: 0 };
    const ids = email === undefined ? accountIds(database, start) : [await accountId(database, email)];
    const all = email === undefined ? await countFrom(database, start) : 1;
    const journey = await forEachAccount(run, ids, async (id, done) => {
      run.progress(`${done} of ${all} accounts, ${totals.heads} records, ${totals.faults} faults`);
      const { faults, heads, digest } = await accounts.check(id);
      const series = await chunks.check(id, samples);
      // Deleted since it was listed.
      if (digest === null && !(await exists(database, id))) return;
      const found = [...faults, ...series.faults];
      for (const fault of found) run.say(lineOf(id, fault));
      if (digest !== null)
        file.add({ userId: id, syncTime: digest.syncTime, collections: digest.collections });
      totals.accounts++;
      totals.heads += heads;
      totals.chunks += series.opened;
      totals.faults += found.length;
    });
    file.close();
    if (journey.next === null) return conclusion(totals);
    const option = digests === undefined ? '' : ` --digests ${digests}`;
    return interrupted(journey, `database check --all${option}`);
  };
}

async function exists(database: Database, id: string): Promise<boolean> {
  const rows = await database.of(id).query({ text: 'select 1 from users where id = $1', values: [id] });
  return rows.length > 0;
}

async function countFrom(database: Database, from: string): Promise<number> {
  const [row] = await database.query<{ count: number }>({
    text: 'select count(*)::int as count from users where id >= $1',
    values: [from],
  });
  return row.count;
}

function lineOf(userId: string, { place, recordId, what }: Fault): string {
  return printable(`${userId} ${place}${recordId === undefined ? '' : ` ${recordId}`}: ${what}`);
}

function conclusion({ accounts, heads, chunks, faults }: Totals): Outcome {
  const seen = `${accounts} accounts with ${heads} records, ${chunks} chunks of samples opened`;
  return faults === 0
    ? { exitCode: 0, text: `${seen}: nothing is wrong.` }
    : { exitCode: 1, text: `${seen}: ${faults} faults.` };
}
