import fs from 'node:fs';
import path from 'node:path';
import type { Scene } from '../scene.js';
import { withClient } from '../../bench/lab/postgres.js';
import type { Home } from './cluster.js';
import { NotHere } from './not-here.js';
import { until } from './until.js';
import type { Wire } from './wire.js';

const LIBRARIES = '/usr/lib';
const TOLERANCE_MS = 5000;
const SEEN_MS = 10_000;
const LIBRARY = 'faketime/libfaketime.so.1';

function library(): string {
  const folders = fs.existsSync(LIBRARIES) ? fs.readdirSync(LIBRARIES) : [];
  const found = ['', ...folders].map((each) => path.join(LIBRARIES, each, LIBRARY)).find(fs.existsSync);
  if (found === undefined) throw new NotHere('libfaketime is not here (Debian: apt-get install faketime)');
  return found;
}

/** A clock that tests can set, of all processes that are started with `env`. Spans of time pass as ever. */
export class FakeClock {
  private offsetMs = 0;

  private constructor(
    private readonly file: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static in(scene: Scene, offsetMs = 0): FakeClock {
    const file = path.join(scene.folder(), 'clock');
    const clock = new FakeClock(file, {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    clock.step(offsetMs);
    return clock;
  }

  /** Waits until both processes go by it. A server says the date of a second ago for a second. */
  async seen(wire: Wire, { adminUrl }: Pick<Home, 'adminUrl'>, serverUrl: string): Promise<void> {
    await until('the new time in PostgreSQL', SEEN_MS, async () => {
      const { rows } = await withClient(adminUrl, (client) =>
        client.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now'),
      );
      return this.isNow(Number(rows[0].now));
    });
    await until('the new time in the server', SEEN_MS, async () => {
      const { headers } = await wire.get(`${serverUrl}/health/live`);
      return this.isNow(Date.parse(String(headers.date)));
    });
  }

  private isNow(at: number): boolean {
    return Math.abs(at - Date.now() - this.offsetMs) < TOLERANCE_MS;
  }

  /** From now on it is that much ahead of the true time; below 0: behind. */
  step(offsetMs: number): void {
    this.offsetMs = offsetMs;
    const seconds = offsetMs / 1000;
    // Whole or not at all: it is read while it is written.
    fs.writeFileSync(`${this.file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`, { mode: 0o644 });
    fs.renameSync(`${this.file}.new`, this.file);
  }
}
