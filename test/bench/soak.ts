import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Pool } from 'undici';
import type { Place } from './bench.js';
import { makeSamples } from './data/samples.js';
import { poolFor } from './driver/run.js';
import { dispatch } from './driver/traffic.js';
import { Workouts } from './driver/workout.js';
import { endOnSignal } from './lab/end-on-signal.js';
import { Lab } from './lab/lab.js';
import type { Server } from './lab/server.js';
import { describeCommit, describeMachine, type Machine } from './measure/machine.js';
import { memoryOf } from './measure/processes.js';
import { quantile } from './measure/statistics.js';
import { positive } from './options.js';
import { numberText, tableText } from './report/table.js';
import { type MemoryPoint, type MemoryTrend, trendOf } from './soak/memory.js';
import { MIX, type Kind, SAMPLES, SoakPhone } from './soak/phone.js';

const MIB = 1024 * 1024;
/** Every phone does something that often, on average. */
const PAUSE_MS = 2000;
const MEMORY_MS = 500;
/** Requests for /health/live a second, in a process of its own. */
const PROBE_RATE = 50;
const CONNECTIONS = 64;
const PHONES_PER_ACCOUNT = 2;

interface SoakOptions {
  phones: number;
  minutes: number;
  database: string | undefined;
  out: string | undefined;
}

interface KindLine {
  kind: Kind;
  requests: number;
  bad: number;
  /** Milliseconds. */
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

interface SoakReport {
  format: 1;
  measuredAt: string;
  commit: string;
  machine: Machine;
  phones: number;
  minutes: number;
  kinds: KindLine[];
  errors: number;
  faults: string[];
  memory: MemoryTrend & { points: MemoryPoint[] };
  /** Wait for /health/live, ms: what the event loop was late by. */
  lag: { p50: number; p99: number; max: number };
}

/** What all phones have seen. */
class Log {
  private readonly latencies = new Map<Kind, number[]>();
  private readonly errors = new Map<Kind, number>();
  readonly faults: string[] = [];

  add(kind: Kind, ms: number, fault: string | null): void {
    const list = this.latencies.get(kind) ?? [];
    list.push(ms);
    this.latencies.set(kind, list);
    if (fault === null) return;
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + 1);
    if (this.faults.length < 10) this.faults.push(`${kind}: ${fault}`);
  }

  lines(): KindLine[] {
    return (Object.keys(MIX) as Kind[]).map((kind) => {
      const list = this.latencies.get(kind) ?? [];
      const at = (q: number) => quantile(list, q);
      const latency = { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
      return { kind, requests: list.length, bad: this.errors.get(kind) ?? 0, ...latency };
    });
  }
}

async function live(phone: SoakPhone, pool: Pool, until: number, log: Log): Promise<void> {
  for (;;) {
    await pause(phone.pauseMs(PAUSE_MS));
    if (performance.now() > until) return;
    const { kind, question } = phone.next();
    const began = performance.now();
    let fault: string | null;
    try {
      fault = question.check(await dispatch(pool, question));
    } catch (error) {
      fault = String(error);
    }
    log.add(kind, performance.now() - began, fault);
  }
}

function watchMemory({ pid }: Server): { points: MemoryPoint[]; stop: () => void } {
  const points: MemoryPoint[] = [];
  const began = performance.now();
  const timer = setInterval(() => {
    points.push({ seconds: (performance.now() - began) / 1000, mib: memoryOf(pid) / MIB });
  }, MEMORY_MS);
  return { points, stop: () => clearInterval(timer) };
}

async function measure(lab: Lab, place: Place, { phones, minutes }: SoakOptions): Promise<SoakReport> {
  const database = await lab.migrated('soak');
  const server = await lab.startOurs(database);
  const accounts = await lab.accounts(Math.ceil(phones / PHONES_PER_ACCOUNT), [
    { name: 'ours', server, database },
  ]);
  const machine = describeMachine(lab.postgres.version);
  const prober = lab.driver();
  await prober.load('live', { traffic: 'live', url: server.url, accounts: [], size: 1 });
  const pool = poolFor(server.url, CONNECTIONS);
  const workouts = new Workouts();
  const samples = Buffer.from(JSON.stringify({ deviceId: 'phone', samples: makeSamples(1, SAMPLES) }));
  const log = new Log();
  const seconds = minutes * 60;
  const until = performance.now() + seconds * 1000;
  const memory = watchMemory(server);
  const probing = prober.run('live', { connections: 1, seconds, rate: PROBE_RATE });
  const lives = Array.from({ length: phones }, (_, i) =>
    live(new SoakPhone(accounts[i % accounts.length], workouts, samples, i), pool, until, log),
  );
  await Promise.all(lives);
  const { latency, bad, fault } = await probing;
  memory.stop();
  await pool.close();
  const kinds = log.lines();
  return {
    format: 1,
    measuredAt: new Date().toISOString(),
    commit: describeCommit(place.project),
    machine,
    phones,
    minutes,
    kinds,
    errors: bad + kinds.reduce((sum, line) => sum + line.bad, 0),
    faults: [...log.faults, ...(fault === null ? [] : [fault])],
    memory: { ...trendOf(memory.points), points: memory.points },
    lag: latency,
  };
}

function print({ kinds, errors, faults, memory, lag, phones, minutes }: SoakReport): void {
  const rows = kinds.map(({ kind, requests, bad, p50, p90, p99, max }) => [
    kind,
    ...[requests, bad].map((count) => count.toLocaleString('en-US')),
    ...[p50, p90, p99, max].map(numberText),
  ]);
  console.log(`${phones} phones for ${minutes} minutes\n`);
  console.log(tableText([['request', 'count', 'bad', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'], ...rows]));
  console.log(`\nErrors: ${errors}`);
  for (const fault of faults) console.log(`  ${fault}`);
  const [first, last] = [memory.points[0], memory.points.at(-1)].map((point) =>
    Math.round(point?.mib ?? NaN),
  );
  const verdict = memory.isFlat ? 'flat' : 'NOT FLAT';
  console.log(
    `Memory: ${first} MiB at first, ${last} at last; after the first third ${memory.slope.toFixed(2)} MiB a minute,` +
      ` ${Math.round(memory.rise * 100)} % in all: ${verdict} (a rise of up to 10 % is)`,
  );
  console.log(
    `Event loop: late by ${[lag.p50, lag.p99, lag.max].map(numberText).join(', ')} ms (p50, p99, max)`,
  );
}

/**
 * Mixed traffic for a while.
 * @returns the exit code: 1 if any answer was wrong or memory has grown
 */
export async function soak(place: Place, args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      phones: { type: 'string', default: '200' },
      minutes: { type: 'string', default: '5' },
      database: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const options = {
    ...values,
    phones: Math.ceil(positive('phones', values.phones)),
    minutes: positive('minutes', values.minutes),
  } as SoakOptions;
  const lab = await Lab.open({ ...place, database: options.database });
  const stop = endOnSignal(lab);
  try {
    const report = await measure(lab, place, options);
    const name = `soak-${report.measuredAt.replaceAll(':', '-')}.json`;
    const file = path.resolve(options.out ?? path.join(place.project, 'build/bench', name));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    print(report);
    console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
    return report.errors === 0 && report.memory.isFlat ? 0 : 1;
  } finally {
    stop();
    await lab.close();
  }
}
