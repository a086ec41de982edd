import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { MAX_UPLOAD_SAMPLES } from '../../src/common/upload-limits.js';
import { memoryOf } from '../bench/measure/processes.js';
import { quantile } from '../bench/measure/statistics.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Crowd, type Moment } from './tools/crowd.js';
import type { Heard, Saying, Wire } from './tools/wire.js';

const MIB = 1024 * 1024;
const RISE_MIB = 150;
const REFUSAL_MS = 2000;
const RATIO = 3;
/** Below that, three times nothing is nothing that anybody would notice. */
const NOTICEABLE_MS = 20;
const IDLE_MS = 6000;
const OTHERS = 10;

const packed = (encoding: 'gzip' | 'br') => ({
  'content-type': 'application/json',
  'content-encoding': encoding,
});
const gzipped = packed('gzip');
const large = (megabytes: number) =>
  Buffer.concat([
    Buffer.from('{"deviceId":"d","x":"'),
    Buffer.alloc(megabytes * MIB, 'a'),
    Buffer.from('"}'),
  ]);

/** Bodies beyond a limit, each to be refused. Made before, so that making them is not measured. */
function bodies(): [what: string, path: string, saying: Saying][] {
  const push = '/api/sync/push';
  const [seventy, threeHundred] = [gzipSync(large(70)), gzipSync(large(300))];
  // Two gzips are one (RFC 1952 §2.2), and the last one says that there is little.
  const lie = Buffer.concat([threeHundred, gzipSync(' ')]);
  const brotli = brotliCompressSync(large(300), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  const samples = Array.from({ length: MAX_UPLOAD_SAMPLES + 1 }, (_, timestamp) => ({ timestamp }));
  const many = Buffer.from(JSON.stringify({ deviceId: 'd', samples }));
  const keys = Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":1`);
  return [
    ['70 MiB packed in 70 KB', push, { raw: seventy, headers: gzipped }],
    ['300 MiB packed in 300 KB', push, { raw: threeHundred, headers: gzipped }],
    ['300 MiB in a gzip that denies it', push, { raw: lie, headers: gzipped }],
    ['300 MiB in brotli', push, { raw: brotli, headers: packed('br') }],
    ['300 MiB packed, to log-in', '/api/auth/login', { raw: threeHundred, headers: gzipped }],
    ['70 MiB as they are', push, { raw: Buffer.alloc(70 * MIB, 'a') }],
    ['2 MiB to log-in', '/api/auth/login', { raw: Buffer.alloc(2 * MIB, 'a') }],
    ['a sample too many', '/api/sessions/x/metrics', { raw: many }],
    ['100,000 levels', push, { raw: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }],
    ['100,000 levels of objects', push, { raw: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}` }],
    ['30 MiB of empty lists', push, { raw: Buffer.from(`{"x":[${'[],'.repeat(10 * MIB)}[]]}`) }],
    ['a million keys', push, { raw: Buffer.from(`{${keys.join(',')}}`) }],
    ['noise said to be gzip', push, { raw: randomBytes(MIB), headers: gzipped }],
    ['20 KB of headers', push, { raw: '{}', headers: { 'x-long': 'x'.repeat(20_000) } }],
  ];
}

/** Connections that say a byte now and then, as if that were a request. */
class Drips {
  private readonly sockets: net.Socket[];
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, count: number) {
    const { port, hostname } = new URL(url);
    this.sockets = Array.from({ length: count }, () => {
      const socket = net.connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write('POST /api/sync/push HTTP/1.1\r\nHost: here\r\n');
      return socket;
    });
    this.timer = setInterval(() => {
      for (const socket of this.sockets) if (!socket.destroyed) socket.write('x');
    }, 500);
  }

  end(): void {
    clearInterval(this.timer);
    for (const socket of this.sockets) socket.destroy();
  }
}

const p95 = (moments: readonly Moment[]) =>
  quantile(
    moments.map(({ ms }) => ms),
    0.95,
  );

/** Resident memory of a process, watched from its beginning on. */
class Memory {
  readonly first: number;
  peak: number;
  /** What was under way at the peak. */
  at = '';
  now = '';
  private readonly timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.first = this.peak = memoryOf(pid);
    this.timer = setInterval(() => {
      const size = memoryOf(pid);
      if (size <= this.peak) return;
      this.peak = size;
      this.at = this.now;
    }, 10);
  }

  get riseMib(): number {
    return (this.peak - this.first) / MIB;
  }

  end(): void {
    clearInterval(this.timer);
  }
}

interface Attack {
  wire: Wire;
  url: string;
  token: string;
  rounds: number;
  memory: Memory;
  list: ReturnType<typeof bodies>;
}

/** Sends each body, some times over. @returns the slowest refusal, ms */
async function attack({ wire, url, token, rounds, memory, list }: Attack, checks: Checks): Promise<number> {
  let slowest = 0;
  for (let round = 0; round < rounds; round++)
    for (const [what, path, saying] of list) {
      memory.now = what;
      const heard: Heard = await wire.post(`${url}${path}`, { token, ...saying });
      // A server may hang up on who goes on sending what was refused.
      const isRefused =
        (heard.status >= 400 && heard.status < 500) || heard.status === 503 || heard.status === 0;
      checks.check(isRefused, `${what}: ${heard.status}`);
      checks.check(heard.ms < REFUSAL_MS, `${what}: refused after ${Math.round(heard.ms)} ms`);
      slowest = Math.max(slowest, heard.ms);
      await pause(20);
    }
  return slowest;
}

/** Bodies beyond every limit, while others sync as they always do. */
export async function limitsHeld(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const server = await scene.serve(home);
  const list = bodies();
  const [attacker, ...others] = await scene.accounts(home, 1 + OTHERS);
  const checks = new Checks();
  const crowd = new Crowd({
    wire: scene.newWire(),
    url: () => server.url,
    accounts: others,
    seed: scene.seed,
    kinds: ['push', 'pull', 'read'],
  });
  scene.atEnd(() => crowd.stop());
  await pause(IDLE_MS);
  const [memory, from] = [new Memory(server.pid), performance.now()];
  const drips = new Drips(server.url, 100);
  const rounds = scene.full ? 40 : 12;
  const { token } = attacker;
  const slowest = await attack(
    { wire: scene.newWire(2), url: server.url, token, rounds, memory, list },
    checks,
  );
  const to = performance.now();
  drips.end();
  memory.end();
  await crowd.stop();
  const [idle, busy] = [crowd.between(from - IDLE_MS / 2, from), crowd.between(from, to)];
  checks.check(
    memory.riseMib < RISE_MIB,
    `memory rose by ${memory.riseMib.toFixed(0)} MiB with ${memory.at}`,
  );
  checks.check(
    busy.every(({ status }) => status === 200),
    'others were refused',
  );
  const bound = Math.max(RATIO * p95(idle), NOTICEABLE_MS);
  checks.check(p95(busy) < bound, `others’ p95 ${p95(busy).toFixed(0)} ms, ${p95(idle).toFixed(0)} idle`);
  return {
    promise: 'Limits are stated and held: bytes unpacked, samples, depth, headers, time, memory.',
    done: `bodies beyond every limit (300 MiB packed in 300 KB, a sample too many, 100,000 levels …) and 100 connections that drip, while ${OTHERS} phones sync`,
    figure: checks.figure(
      `memory rises ${memory.riseMib.toFixed(0)} MiB (from ${(memory.first / MIB).toFixed(0)}, with ${memory.at}); refused within ${(slowest / 1000).toFixed(1)} s; others’ p95 ` +
        `${p95(busy).toFixed(1)} ms (idle ${p95(idle).toFixed(1)} ms)`,
    ),
    held: checks.held,
  };
}
