import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { temporaryFolder } from './server-process.js';

const HOUR_MS = 3_600_000;

/** What a program reads as the time, moved by as many milliseconds as stand in a file; looked at often. */
const PRELOAD = `
const fs = require('node:fs');
const Real = Date;
let shift = 0;
const look = () => {
  try { shift = Number(fs.readFileSync(process.env.CLOCK_SHIFT_FILE, 'utf8')) || 0; } catch {}
};
look();
setInterval(look, 20).unref();
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + shift);
    else super(...given);
  }
  static now() { return Real.now() + shift; }
};
`;

/** The clock of a server process, which can be set while it runs. */
export class ProcessClock {
  private readonly place = temporaryFolder();
  private readonly file = path.join(this.place.folder, 'shift-ms');

  /** For the process that is to have it. */
  get env(): Record<string, string> {
    const preload = path.join(this.place.folder, 'clock.cjs');
    fs.writeFileSync(preload, PRELOAD);
    return { NODE_OPTIONS: `--require ${preload}`, CLOCK_SHIFT_FILE: this.file };
  }

  set(shiftMs: number): void {
    // Whole or not at all: it may be looked at any time.
    fs.writeFileSync(`${this.file}.new`, String(shiftMs));
    fs.renameSync(`${this.file}.new`, this.file);
  }

  remove(): void {
    this.place.remove();
  }
}

/**
 * The clock of a database, as far as the server asks for it: versions come from there, not from the clocks of server
 * processes. A function of the same name stands before PostgreSQL's own, for connections made after this.
 */
export class DatabaseClock {
  private constructor(private readonly client: Client) {}

  /** @param url of the owner; @param role the server's. */
  static async in(url: string, role: string): Promise<DatabaseClock> {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(`
      create table public.clock_shift (shift interval not null);
      insert into public.clock_shift values ('0');
      grant select on public.clock_shift to public;
      create function public.clock_timestamp() returns timestamptz language sql volatile as
        'select pg_catalog.clock_timestamp() + (select shift from public.clock_shift)';`);
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    for (const each of [role, new URL(url).username])
      await client.query(
        `alter role ${each} in database ${rows[0]?.name} set search_path = public, pg_catalog`,
      );
    return new DatabaseClock(client);
  }

  async set(shiftMs: number): Promise<void> {
    await this.client.query('update public.clock_shift set shift = $1', [`${shiftMs} milliseconds`]);
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

export const hours = (count: number): number => count * HOUR_MS;
